/** State snapshot files: what comes back, how they are written and read piece by piece, and damage. */
import { Buffer } from "node:buffer";
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import avsc from "avsc";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { StreamError } from "../../../src/base/index.ts";
import {
  isCodecReadable,
  readCheckpoint,
  readStateSnapshot,
  type StateEntry,
  type StateSnapshotHeader,
  type StateSnapshotRef,
  writeCheckpoint,
  writeStateSnapshot,
} from "../../../src/checkpoint/index.ts";
import { type AvroSchema, codecIdOf, readAvroContainer } from "../../../src/codec/index.ts";
import { MemoryStore } from "../../../src/store/index.ts";
import { keyArbitrary } from "../codec/key-arbitrary.ts";
import { valueArbitrary } from "../codec/value-arbitrary.ts";
import { fixtureCheckpoint } from "./checkpoint-fixture.ts";
import { TestStore } from "./memory-store.ts";
import {
  declaredEntries,
  declaredRef,
  defaultEntries,
  defaultRef,
  flightSchema,
} from "./snapshot-fixture.ts";

const damaged = expect.objectContaining({ code: "snapshot_damaged" });

const header: StateSnapshotHeader = {
  operatorUid: "counts",
  versionMs: 5000,
  baseVersionMs: null,
  stateVersion: 1,
};

async function* inSlices(
  entries: readonly StateEntry[],
  size = 3,
): AsyncGenerator<readonly StateEntry[]> {
  for (let at = 0; at < entries.length; at += size) yield entries.slice(at, at + size);
}

async function all(
  store: TestStore,
  ref: StateSnapshotRef,
  schema?: AvroSchema,
): Promise<StateEntry[]> {
  const entries: StateEntry[] = [];
  for await (const block of readStateSnapshot(store, ref, schema)) entries.push(...block);
  return entries;
}

async function codeOf(reading: Promise<unknown>): Promise<string> {
  try {
    await reading;
    return "read";
  } catch (error) {
    if (!(error instanceof StreamError)) throw error;
    return error.code;
  }
}

/** A store with the bytes of a fixture under its name. */
function storeOf(ref: StateSnapshotRef, bytes: Uint8Array): TestStore {
  const store = new TestStore();
  store.objects.set(ref.name, bytes);
  return store;
}

const fixture = (file: string): Buffer =>
  readFileSync(new URL(`../../fixtures/v1/${file}.avro`, import.meta.url));

const entryArbitrary: fc.Arbitrary<StateEntry> = fc
  .record(
    {
      group: fc.nat({ max: 127 }),
      key: keyArbitrary,
      value: valueArbitrary,
      usedAtMs: fc.nat(),
    },
    { requiredKeys: ["group", "key"] },
  )
  .map((entry) => ({ ...entry, value: entry.value }));

describe("a state snapshot", () => {
  test("gives its entries back, with removed keys and last uses, however they were sliced", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(entryArbitrary, { maxLength: 20 }),
        fc.integer({ min: 1, max: 5 }),
        async (entries, size) => {
          const store = new TestStore();
          const ref = await writeStateSnapshot(store, "a", header, inSlices(entries, size));
          expect(ref).toMatchObject({ ...header, name: "a", codecId: "value" });
          expect(ref.entryCount).toBe(entries.length);
          expect(ref.byteCount).toBe((await store.read("a")).length);
          const read = await all(store, ref);
          expect(read.map(({ usedAtMs }) => usedAtMs)).toEqual(
            entries.map(({ usedAtMs }) => usedAtMs),
          );
          const again = await writeStateSnapshot(store, "b", header, inSlices(read));
          expect(again.sha256).toBe(ref.sha256);
        },
      ),
      { numRuns: 60 },
    );
  });

  test("of the first release is read, for ever, and is still written like that", async () => {
    const cases = [
      ["state-snapshot", defaultRef, defaultEntries, undefined],
      ["state-snapshot-declared", declaredRef, declaredEntries, flightSchema],
    ] as const;
    for (const [file, ref, entries, schema] of cases) {
      expect(await all(storeOf(ref, fixture(file)), ref)).toEqual(entries);
      const store = new TestStore();
      expect(await writeStateSnapshot(store, ref.name, ref, inSlices(entries), schema)).toEqual(
        ref,
      );
    }
  });

  test("of an empty state is one, too", async () => {
    const store = new TestStore();
    const ref = await writeStateSnapshot(store, "a", header, inSlices([]));
    expect(ref.entryCount).toBe(0);
    expect(await all(store, ref)).toEqual([]);
  });

  test("is a container file whose values another Avro library reads as what was declared", async () => {
    const container = await readAvroContainer([fixture("state-snapshot-declared")], {});
    const type = avsc.Type.forSchema(container.schema as avsc.Schema);
    const records: unknown[] = [];
    for await (const block of container.blocks) records.push(...block);
    expect(records[0]).toEqual({
      group: 17,
      key: { value: { string: "SEA" } },
      value: { value: { count: 3, last: null } },
      usedAtMs: null,
    });
    expect(records.every((record) => type.isValid(record))).toBe(true);
    expect(
      JSON.parse(Buffer.from(container.metadata.get("millrace.snapshot") ?? []).toString()),
    ).toMatchObject({
      operatorUid: "flights",
    });
  });

  test("is written piece by piece, never the whole at once, and waits for what it is made of", async () => {
    const store = new TestStore();
    let slices = 0;
    async function* many(): AsyncGenerator<readonly StateEntry[]> {
      for (; slices < 200; slices += 1) {
        await new Promise((resolve) => setImmediate(resolve));
        yield Array.from({ length: 100 }, (_, n) => ({ group: 1, key: n, value: "x".repeat(100) }));
      }
    }
    const ref = await writeStateSnapshot(store, "a", header, many());
    expect(ref.entryCount).toBe(20_000);
    expect(ref.byteCount).toBeGreaterThan(2_000_000);
    expect(store.pieceBytesMax).toBeLessThan(70_000);
    store.reads = 0;
    expect(await all(store, ref)).toHaveLength(20_000);
    // A megabyte at a time, and once more to see that nothing follows.
    expect(store.reads).toBe(Math.ceil(ref.byteCount / 2 ** 20) + 1);
  });

  test("that a store gives out as a whole only, as it keeps it compressed, is read all the same", async () => {
    const store = new TestStore();
    const entries = Array.from({ length: 15_000 }, (_, n) => ({
      group: 1,
      key: n,
      value: "x".repeat(90),
    }));
    const ref = await writeStateSnapshot(store, "a", header, inSlices(entries, 500));
    expect(ref.byteCount).toBeGreaterThan(2 ** 20);
    store.readRange = () => Promise.resolve(Buffer.from("compressed"));
    expect(await all(store, ref)).toHaveLength(15_000);
  });

  test("goes to a store of the package and comes back, as a checkpoint does", async () => {
    const store = new MemoryStore();
    const name = defaultRef.name;
    const ref = await writeStateSnapshot(store, name, defaultRef, inSlices(defaultEntries));
    expect(ref).toEqual(defaultRef);
    const entries: StateEntry[] = [];
    for await (const block of readStateSnapshot(store, ref)) entries.push(...block);
    expect(entries).toEqual(defaultEntries);
    const checkpoint = await writeCheckpoint(store, fixtureCheckpoint);
    expect(await readCheckpoint(store, checkpoint)).toStrictEqual(fixtureCheckpoint);
    await expect(readCheckpoint(store, { ...checkpoint, name: "gone" })).rejects.toMatchObject({
      code: "checkpoint_damaged",
    });
  });

  test("is not written where its name is taken", async () => {
    const store = new TestStore();
    await writeStateSnapshot(store, "a", header, inSlices([]));
    await expect(writeStateSnapshot(store, "a", header, inSlices([]))).rejects.toMatchObject({
      code: "store_taken",
    });
  });

  test("fails with what its entries fail with, whatever the store makes of that", async () => {
    const store = new TestStore();
    const create = store.create.bind(store);
    store.create = (name, content) =>
      create(name, content).catch(() => Promise.reject(new Error("the store failed")));
    const cause = new Error("no more");
    async function* broken(): AsyncGenerator<readonly StateEntry[]> {
      yield defaultEntries;
      throw cause;
    }
    await expect(writeStateSnapshot(store, "a", header, broken())).rejects.toBe(cause);
    const odd = [{ group: 0, key: "a", value: { f: () => 1 } }];
    await expect(writeStateSnapshot(store, "a", header, inSlices(odd))).rejects.toMatchObject({
      code: "value_unsupported",
    });
    await expect(
      writeStateSnapshot(
        store,
        "a",
        header,
        inSlices([{ group: 0, key: "a", value: 1 }]),
        flightSchema,
      ),
    ).rejects.toMatchObject({ code: "value_schema_mismatch" });
    store.failure = new Error("disk full");
    await expect(writeStateSnapshot(store, "a", header, inSlices(defaultEntries))).rejects.toThrow(
      "the store failed",
    );
  });
});

describe("the codec of a state", () => {
  test("has an id that changes with what bytes mean, and with nothing else", () => {
    expect(codecIdOf(undefined)).toBe("value");
    expect(codecIdOf(flightSchema)).toBe(declaredRef.codecId);
    expect(codecIdOf({ ...(flightSchema as object), type: "record", doc: "of a day" })).toBe(
      declaredRef.codecId,
    );
    expect(codecIdOf("long")).not.toBe(codecIdOf("int"));
    expect(["value", codecIdOf("long")].map(isCodecReadable)).toEqual([true, true]);
    expect(isCodecReadable("protobuf")).toBe(false);
  });

  test("may be a union, or any other schema, also one with the names of ours", async () => {
    const schemas: readonly [AvroSchema, unknown][] = [
      [["null", "long"], null],
      [{ type: "array", items: "string" }, ["a"]],
      [{ type: "record", name: "Value", fields: [{ name: "value", type: "int" }] }, { value: 7 }],
      ["null", null],
    ];
    for (const [schema, value] of schemas) {
      const store = new TestStore();
      const entries = [
        { group: 1, key: "a", value },
        { group: 1, key: "b", value: undefined },
      ];
      const ref = await writeStateSnapshot(store, "a", header, inSlices(entries), schema);
      expect(await all(store, ref)).toEqual(entries);
      expect(await all(store, ref, schema)).toEqual(entries);
    }
  });

  test("of the program itself is named beside the bytes that it made", async () => {
    const store = new TestStore();
    const entries = [{ group: 1, key: "a", value: Uint8Array.of(1, 2) }];
    const slices = inSlices(entries);
    const ref = await writeStateSnapshot(store, "a", header, slices, undefined, "custom:points");
    expect(ref.codecId).toBe("custom:points");
    const [read] = await all(store, ref);
    expect(read?.value).toEqual(Uint8Array.of(1, 2));
    await expect(all(store, { ...ref, codecId: "value" })).rejects.toEqual(damaged);
    expect(isCodecReadable(ref.codecId)).toBe(false);
  });

  test("reads what an older schema wrote, by the rules of schema resolution, and says when it cannot", async () => {
    const newer: AvroSchema = {
      type: "record",
      name: "Flights",
      fields: [
        { name: "count", type: "double" },
        { name: "gates", type: { type: "array", items: "string" }, default: [] },
      ],
    };
    const store = storeOf(declaredRef, fixture("state-snapshot-declared"));
    expect((await all(store, declaredRef, newer)).map(({ value }) => value)).toEqual([
      { count: 3, gates: [] },
      { count: 2 ** 40, gates: [] },
      undefined,
    ]);
    await expect(all(store, declaredRef, "string")).rejects.toMatchObject({
      code: "schema_invalid",
    });
    // What the default codec wrote is read as it is; the next snapshot is written by the schema.
    const before = storeOf(defaultRef, fixture("state-snapshot"));
    expect(await all(before, defaultRef, newer)).toEqual(defaultEntries);
  });
});

describe("8: damage of a state snapshot", () => {
  test("is found wherever a bit is flipped, and is no newer format", async () => {
    for (const [file, ref] of [
      ["state-snapshot", defaultRef],
      ["state-snapshot-declared", declaredRef],
    ] as const) {
      const bytes = fixture(file);
      for (let at = 0; at < bytes.length; at += 1) {
        const copy = Buffer.from(bytes);
        copy[at] = (copy[at] ?? 0) ^ (1 << (at % 8));
        await expect(all(storeOf(ref, copy), ref), `byte ${at}`).rejects.toEqual(damaged);
      }
    }
  });

  test("9: is found in a file that was cut, prolonged, deleted or exchanged", async () => {
    const bytes = fixture("state-snapshot");
    for (let length = 0; length < bytes.length; length += 7) {
      const cut = storeOf(defaultRef, bytes.subarray(0, length));
      await expect(all(cut, defaultRef)).rejects.toEqual(damaged);
    }
    const longer = storeOf(defaultRef, Buffer.concat([bytes, Buffer.of(0)]));
    await expect(all(longer, defaultRef)).rejects.toEqual(damaged);
    await expect(all(new TestStore(), defaultRef)).rejects.toMatchObject({
      code: "snapshot_damaged",
      details: { file: defaultRef.name, reason: "it is gone" },
    });
    const other = { ...defaultRef, versionMs: defaultRef.versionMs + 1 };
    await expect(all(storeOf(other, bytes), other)).rejects.toMatchObject({
      details: { reason: "it is another snapshot" },
    });
  });

  test("9: is found where a large file lost its end between two blocks, or grew", async () => {
    const store = new TestStore();
    const entries = Array.from({ length: 30_000 }, (_, n) => ({
      group: n % 128,
      key: n,
      value: "x".repeat(60),
    }));
    const ref = await writeStateSnapshot(store, "a", header, inSlices(entries, 1000));
    const bytes = Buffer.from(await store.read("a"));
    const marker = bytes.subarray(-16);
    const end = bytes.lastIndexOf(marker, bytes.length - 17) + 16;
    expect(end).toBeGreaterThan(2 ** 20);
    store.objects.set("a", bytes.subarray(0, end));
    await expect(all(store, ref)).rejects.toEqual(damaged);
    store.objects.set("a", Buffer.concat([bytes, bytes.subarray(end)]));
    await expect(all(store, ref)).rejects.toEqual(damaged);
    store.objects.set("a", bytes);
    expect(await all(store, ref)).toHaveLength(30_000);
  });

  test("35: a newer format is told as such, as long as it is what was written", async () => {
    const text = fixture("state-snapshot").toString("latin1");
    const newer = Buffer.from(text.replace("state-snapshot/1", "state-snapshot/2"), "latin1");
    const store = storeOf(defaultRef, newer);
    await expect(all(store, defaultRef)).rejects.toEqual(damaged);
    const sha256 = createHash("sha256").update(newer).digest("hex");
    await expect(all(store, { ...defaultRef, sha256 })).rejects.toMatchObject({
      code: "format_newer",
      details: { file: defaultRef.name },
    });
  });

  test("makes no reader hang, crash or allocate: any bytes end in an error that is ours", async () => {
    const bytes = fc
      .constantFrom("state-snapshot", "state-snapshot-declared")
      .map((file) => fixture(file))
      .chain((good) =>
        fc
          .array(fc.tuple(fc.nat({ max: good.length - 1 }), fc.integer({ min: 0, max: 255 })), {
            minLength: 1,
            maxLength: 12,
          })
          .map((changes) => {
            const copy = Buffer.from(good);
            for (const [at, byte] of changes) copy[at] = byte;
            return copy;
          }),
      );
    await fc.assert(
      fc.asyncProperty(
        fc.oneof(bytes, fc.uint8Array({ maxLength: 200 })),
        fc.constantFrom(defaultRef, declaredRef),
        async (file, ref) => {
          const code = await codeOf(all(storeOf(ref, file), ref));
          expect(["read", "snapshot_damaged"]).toContain(code);
        },
      ),
      { numRuns: 1000 },
    );
  });
});
