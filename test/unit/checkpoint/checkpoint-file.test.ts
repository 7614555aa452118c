/** Checkpoint files: what comes back, and what is said of a file that is not what was written. */
import { Buffer } from "node:buffer";
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import avsc from "avsc";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { StreamError } from "../../../src/base/index.ts";
import { checkpointShape, recordsOfCheckpoint } from "../../../src/checkpoint/checkpoint-format.ts";
import {
  type Checkpoint,
  decodeCheckpoint,
  encodeCheckpoint,
  nameOfCheckpoint,
  readCheckpoint,
  writeCheckpoint,
} from "../../../src/checkpoint/index.ts";
import {
  AvroContainerWriter,
  readAvroContainer,
  writeAvroContainer,
} from "../../../src/codec/index.ts";
import { checkpointArbitrary } from "./checkpoint-arbitrary.ts";
import { fixtureCheckpoint, fixtureRef } from "./checkpoint-fixture.ts";
import { TestStore } from "./memory-store.ts";

const damaged = expect.objectContaining({ code: "checkpoint_damaged" });
const foreign = expect.objectContaining({ code: "checkpoint_foreign" });

const sha256Of = (bytes: Uint8Array): string => createHash("sha256").update(bytes).digest("hex");
const fixtureFile = new URL("../../fixtures/v1/checkpoint.avro", import.meta.url);

/** The file of the fixture with other bytes in the place of some, of the same length, and a seal that is wrong then. */
function withText(from: string, to: string): Buffer {
  expect(to).toHaveLength(from.length);
  const text = Buffer.from(encodeCheckpoint(fixtureCheckpoint)).toString("latin1");
  expect(text).toContain(from);
  return Buffer.from(text.replace(from, to), "latin1");
}

const sealByteCount = 86;

/** The same with a seal that is right: what somebody wrote, not what came to it. */
function resealed(file: Buffer): Buffer {
  const copy = Buffer.from(file);
  const start = copy.length - sealByteCount;
  copy.write(sha256Of(copy.subarray(0, start)), start + 6, "latin1");
  return copy;
}

async function codeOf(reading: Promise<Checkpoint>): Promise<string> {
  try {
    await reading;
    return "read";
  } catch (error) {
    if (!(error instanceof StreamError)) throw error;
    return error.code;
  }
}

describe("a checkpoint", () => {
  test("comes back as it was, whatever is in it", async () => {
    await fc.assert(
      fc.asyncProperty(checkpointArbitrary, async (checkpoint) => {
        const bytes = encodeCheckpoint(checkpoint);
        const again = await decodeCheckpoint(bytes);
        // Bytes tell what equality cannot: -0, NaN, the order of maps.
        expect(encodeCheckpoint(again)).toEqual(bytes);
        expect(Object.keys(again.accumulators)).toEqual(Object.keys(checkpoint.accumulators));
        expect(again.blocks).toHaveLength(checkpoint.blocks.length);
      }),
      { numRuns: 60 },
    );
    expect(await decodeCheckpoint(encodeCheckpoint(fixtureCheckpoint))).toStrictEqual(
      fixtureCheckpoint,
    );
  });

  test("of the first release is read, for ever, and is still written like that", async () => {
    const bytes = readFileSync(fixtureFile);
    expect(await decodeCheckpoint(bytes, fixtureRef)).toStrictEqual(fixtureCheckpoint);
    expect(sha256Of(encodeCheckpoint(fixtureCheckpoint))).toBe(fixtureRef.sha256);
  });

  test("is a container file whose schema another Avro library takes, plain data included", async () => {
    const { schema, metadata, blocks } = await readAvroContainer([readFileSync(fixtureFile)], {});
    expect(() => avsc.Type.forSchema(schema as avsc.Schema)).not.toThrow();
    expect(Buffer.from(metadata.get("millrace.format") ?? []).toString()).toBe("checkpoint/1");
    const records: unknown[] = [];
    for await (const block of blocks) records.push(...block);
    expect(records[0]).toMatchObject({
      entry: { "millrace.CheckpointHeader": { applicationName: "flights", counts: { block: 3 } } },
    });
    expect(records).toContainEqual({
      entry: { "millrace.Accumulator": { name: "dropped", value: { value: { long: 3 } } } },
    });
  });

  test("that contradicts itself is not written", () => {
    const broken: readonly Partial<Checkpoint>[] = [
      { blocks: fixtureCheckpoint.blocks.slice(1) },
      { blocks: [...fixtureCheckpoint.blocks, ...fixtureCheckpoint.blocks.slice(2)] },
      { snapshots: fixtureCheckpoint.snapshots.slice(1) },
      {
        snapshots: fixtureCheckpoint.snapshots.map((snapshot, index) => ({
          ...snapshot,
          baseVersionMs: fixtureCheckpoint.snapshots[1 - index]?.versionMs ?? null,
        })),
      },
      { snapshots: [...fixtureCheckpoint.snapshots, ...fixtureCheckpoint.snapshots] },
      { streams: [...fixtureCheckpoint.streams, ...fixtureCheckpoint.streams] },
      { lastAllocatedMs: fixtureCheckpoint.lastAllocatedMs - 1 },
      { zeroTimeMs: fixtureCheckpoint.lastAllocatedMs + 1 },
      { epoch: -1 },
      { number: 10 ** 15 },
      { batches: [...fixtureCheckpoint.batches, ...fixtureCheckpoint.batches] },
      {
        graph: {
          streams: [...fixtureCheckpoint.graph.streams, ...fixtureCheckpoint.graph.streams],
        },
      },
    ];
    for (const change of broken) {
      expect(() => encodeCheckpoint({ ...fixtureCheckpoint, ...change })).toThrow(
        expect.objectContaining({ code: "invariant_violated" }),
      );
    }
  });

  test("that holds something that is not plain data is refused by the path to it", () => {
    const accumulators = { sum: { f: () => 1 } };
    expect(() => encodeCheckpoint({ ...fixtureCheckpoint, accumulators })).toThrow(
      expect.objectContaining({ code: "value_unsupported", details: expect.anything() }),
    );
  });
});

describe("a checkpoint in a store", () => {
  test("is found by what its writer told of it, under the name of its time, epoch and number", async () => {
    const store = new TestStore();
    const ref = await writeCheckpoint(store, fixtureCheckpoint);
    expect(ref).toEqual(fixtureRef);
    expect(nameOfCheckpoint(fixtureCheckpoint)).toBe(ref.name);
    const { applicationId } = fixtureCheckpoint;
    expect(await readCheckpoint(store, ref, { applicationId })).toStrictEqual(fixtureCheckpoint);
    expect(await readCheckpoint(store, ref.name)).toStrictEqual(fixtureCheckpoint);
  });

  test("is not written where its name is taken, and the error of a store is not hidden", async () => {
    const store = new TestStore();
    await writeCheckpoint(store, fixtureCheckpoint);
    await expect(writeCheckpoint(store, fixtureCheckpoint)).rejects.toMatchObject({
      code: "store_taken",
    });
    store.failure = new Error("disk full");
    await expect(writeCheckpoint(store, { ...fixtureCheckpoint, number: 8 })).rejects.toBe(
      store.failure,
    );
  });

  test("that is gone is damage of the file that is named", async () => {
    await expect(readCheckpoint(new TestStore(), fixtureRef)).rejects.toMatchObject({
      code: "checkpoint_damaged",
      kind: "data",
      details: { file: fixtureRef.name, reason: "it is gone" },
    });
  });

  test("35: of another application is refused by its name", async () => {
    const store = new TestStore();
    const ref = await writeCheckpoint(store, fixtureCheckpoint);
    await expect(readCheckpoint(store, ref, { applicationId: "other" })).rejects.toMatchObject({
      code: "checkpoint_foreign",
      details: { application: "flights", expected: "other" },
    });
  });

  test("35: of a newer format is refused as such", async () => {
    const newer = withText("checkpoint/1", "checkpoint/2");
    const expected = { name: fixtureRef.name };
    await expect(decodeCheckpoint(resealed(newer), expected)).rejects.toMatchObject({
      code: "format_newer",
      details: { file: fixtureRef.name, format: "checkpoint/2", newest: "checkpoint/1" },
    });
    // The same by a flipped bit is none.
    await expect(decodeCheckpoint(newer, expected)).rejects.toEqual(damaged);
  });

  test("that is a copy of another one is damage, as it would pass for an older or newer one", async () => {
    const store = new TestStore();
    await writeCheckpoint(store, fixtureCheckpoint);
    const name = fixtureRef.name.replace("000007", "000008");
    await store.create(name, await store.read(fixtureRef.name));
    await expect(readCheckpoint(store, name)).rejects.toMatchObject({
      details: { reason: `it is a copy of ${fixtureRef.name}` },
    });
  });
});

describe("8: damage of a checkpoint", () => {
  test("is found wherever a bit is flipped, and is no newer or foreign file, if the hash is known", async () => {
    const bytes = encodeCheckpoint(fixtureCheckpoint);
    for (let at = 0; at < bytes.length; at += 1) {
      const copy = Uint8Array.from(bytes);
      copy[at] = (copy[at] ?? 0) ^ (1 << (at % 8));
      await expect(decodeCheckpoint(copy, fixtureRef)).rejects.toEqual(damaged);
    }
  });

  test("is found wherever a bit is flipped where nobody kept the hash, by the seal", async () => {
    const bytes = encodeCheckpoint(fixtureCheckpoint);
    const blockAt = Buffer.from(bytes).indexOf(bytes.subarray(-16));
    // Every byte of the records, and now and then one of the schema.
    for (let at = 0; at < bytes.length; at += at < blockAt ? 13 : 1) {
      const copy = Uint8Array.from(bytes);
      copy[at] = (copy[at] ?? 0) ^ (1 << ((at + 3) % 8));
      await expect(decodeCheckpoint(copy, { name: fixtureRef.name })).rejects.toEqual(damaged);
    }
  });

  test("by a cut is found wherever it is", async () => {
    const bytes = Buffer.from(encodeCheckpoint(fixtureCheckpoint));
    for (let length = 0; length < bytes.length; length += 7) {
      await expect(decodeCheckpoint(bytes.subarray(0, length))).rejects.toEqual(damaged);
    }
  });

  test("by a cut between two blocks is found in a large file, by the seal and by the counts", async () => {
    const blocks = Array.from({ length: 2000 }, (_, n) => ({
      id: `input-feed-2-${n + 20}-${"x".repeat(80)}`,
      streamUid: "feed",
      recordCount: 1,
      receiverStart: 2,
      form: "records" as const,
    }));
    const checkpoint = { ...fixtureCheckpoint, blocks: [...fixtureCheckpoint.blocks, ...blocks] };
    const bytes = Buffer.from(encodeCheckpoint(checkpoint));
    const marker = bytes.subarray(-16);
    const ends: number[] = [];
    for (let at = bytes.indexOf(marker); at !== -1; at = bytes.indexOf(marker, at + 1)) {
      ends.push(at + marker.length);
    }
    // The header and several blocks: each cut behind one of them leaves a container without a fault.
    expect(ends.length).toBeGreaterThan(4);
    const seal = bytes.subarray(-sealByteCount);
    for (const end of ends.slice(0, -1)) {
      const cut = bytes.subarray(0, end);
      await expect(decodeCheckpoint(cut)).rejects.toEqual(damaged);
      if (end === bytes.length - sealByteCount) continue;
      await expect(decodeCheckpoint(resealed(Buffer.concat([cut, seal])))).rejects.toMatchObject({
        code: "checkpoint_damaged",
        details: { reason: expect.stringMatching(/no header|records of the kind/) },
      });
    }
    expect(await decodeCheckpoint(bytes)).toStrictEqual(checkpoint);
  });

  test("that leaves a consistent file behind is found by what contradicts itself", async () => {
    const copy = withText("input-feed-2-11", "input-feed-2-21");
    await expect(decodeCheckpoint(resealed(copy))).rejects.toMatchObject({
      code: "checkpoint_damaged",
      details: { reason: "the batch 1700000004000 has a block input-feed-2-11 that is not there" },
    });
  });

  test("shows in its length, before anything is read", async () => {
    const bytes = encodeCheckpoint(fixtureCheckpoint);
    const { name, byteCount } = fixtureRef;
    await expect(decodeCheckpoint(bytes.subarray(1), { name, byteCount })).rejects.toMatchObject({
      details: { reason: `it has ${byteCount - 1} bytes, not ${byteCount}` },
    });
  });

  test("shows in the number of headers", async () => {
    const [header, ...rest] = [...recordsOfCheckpoint(fixtureCheckpoint)];
    const reasons = { "it has no header": rest, "it has two headers": [header, header, ...rest] };
    for (const [reason, records] of Object.entries(reasons)) {
      const writer = new AvroContainerWriter({
        shape: checkpointShape,
        metadata: { "millrace.format": "checkpoint/1" },
      });
      const chunks = [writer.begin()];
      for (const record of records) writer.add(record);
      chunks.push(writer.end() ?? Buffer.alloc(0));
      writer.add({ entry: { kind: "seal", value: { sha256: sha256Of(Buffer.concat(chunks)) } } });
      chunks.push(writer.end() ?? Buffer.alloc(0));
      await expect(decodeCheckpoint(Buffer.concat(chunks))).rejects.toMatchObject({
        code: "checkpoint_damaged",
        details: { reason },
      });
      // A container with good records and without a seal is none of ours.
      if (header === undefined) throw new Error("a checkpoint has a header");
      const { file } = await written([header, ...rest]);
      await expect(decodeCheckpoint(file)).rejects.toMatchObject({
        details: { reason: "it has no seal" },
      });
    }
  });

  test("is told with the offset where the container shows it", async () => {
    const bytes = Buffer.from(encodeCheckpoint(fixtureCheckpoint));
    bytes[bytes.length - 1] = (bytes[bytes.length - 1] ?? 0) ^ 1;
    await expect(decodeCheckpoint(bytes)).rejects.toMatchObject({
      code: "checkpoint_damaged",
      details: { offset: bytes.length - 16 },
    });
  });

  test("makes no reader hang, crash or allocate: any bytes end in an error that is ours", async () => {
    const good = Buffer.from(encodeCheckpoint(fixtureCheckpoint));
    const mutated = fc
      .array(fc.tuple(fc.nat({ max: good.length - 1 }), fc.integer({ min: 0, max: 255 })), {
        minLength: 1,
        maxLength: 12,
      })
      .map((changes) => {
        const copy = Buffer.from(good);
        for (const [at, byte] of changes) copy[at] = byte;
        return copy;
      });
    const known = ["read", "checkpoint_damaged", "checkpoint_foreign", "format_newer"];
    await fc.assert(
      fc.asyncProperty(fc.oneof(fc.uint8Array({ maxLength: 200 }), mutated), async (bytes) => {
        expect(known).toContain(await codeOf(decodeCheckpoint(bytes)));
      }),
      { numRuns: 1000 },
    );
  });

  test("35: a file of somebody else is foreign, or no container at all", async () => {
    const chunks: Uint8Array[] = [];
    await writeAvroContainer([1], (chunk) => void chunks.push(chunk));
    await expect(decodeCheckpoint(Buffer.concat(chunks))).rejects.toEqual(foreign);
    await expect(decodeCheckpoint(Buffer.from("{}"))).rejects.toEqual(damaged);
  });
});

async function written(records: readonly unknown[]): Promise<{ file: Buffer }> {
  const chunks: Uint8Array[] = [];
  await writeAvroContainer(records, (chunk) => void chunks.push(chunk), {
    shape: checkpointShape,
    metadata: { "millrace.format": "checkpoint/1" },
  });
  return { file: Buffer.concat(chunks) };
}
