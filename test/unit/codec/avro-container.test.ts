import { Buffer } from "node:buffer";
import { readFileSync } from "node:fs";
import { constants, deflateRawSync } from "node:zlib";
import avsc from "avsc";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  type AvroContainerOptions,
  AvroContainerWriter,
  type AvroSchema,
  type ContainerExpectation,
  type ContainerSummary,
  readAvroContainer,
  valueSchema,
  writeAvroContainer,
} from "../../../src/codec/index.ts";
import { containerFixture } from "./container-fixture.ts";
import { valueArbitrary } from "./value-arbitrary.ts";

async function write(
  records: Iterable<unknown> | AsyncIterable<unknown>,
  options: AvroContainerOptions = {},
): Promise<{ file: Buffer; summary: ContainerSummary; chunks: Uint8Array[] }> {
  const chunks: Uint8Array[] = [];
  const summary = await writeAvroContainer(records, (chunk) => void chunks.push(chunk), options);
  return { file: Buffer.concat(chunks), summary, chunks };
}

async function read(
  chunks: Iterable<Uint8Array> | AsyncIterable<Uint8Array>,
  expected: ContainerExpectation = {},
): Promise<unknown[]> {
  const records: unknown[] = [];
  const { blocks } = await readAvroContainer(chunks, expected);
  for await (const block of blocks) records.push(...block);
  return records;
}

function inPieces(file: Uint8Array, size: number): Uint8Array[] {
  const count = Math.ceil(file.length / size);
  return Array.from({ length: count }, (_, n) => file.subarray(n * size, (n + 1) * size));
}

const damaged = expect.objectContaining({ code: "container_damaged" });

const flightSchema: AvroSchema = {
  type: "record",
  name: "Flight",
  fields: [
    { name: "origin", type: "string" },
    { name: "delay", type: ["null", "int"] },
    { name: "micros", type: { type: "long", logicalType: "timestamp-micros" } },
    { name: "stops", type: { type: "array", items: "string" } },
    { name: "tags", type: { type: "map", values: "double" } },
    { name: "next", type: ["null", "Flight"], default: null },
  ],
};

const flights = [0, 1, 2].map((n) => ({
  origin: "SE\u00c4",
  delay: n === 1 ? null : n,
  micros: -(2 ** 52) - n,
  stops: ["PDX"],
  tags: { ratio: 0.5 },
  next:
    n === 2
      ? { origin: "LAX", delay: 1, micros: 2n ** 62n, stops: [], tags: {}, next: null }
      : null,
}));

describe("a container file", () => {
  test("gives back any records, whatever the compression, the blocks and the chunks", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(valueArbitrary, { maxLength: 20 }),
        fc.record({
          compression: fc.constantFrom("null", "deflate"),
          blockBytes: fc.integer({ min: 1, max: 200 }),
        }),
        fc.integer({ min: 1, max: 300 }),
        async (records, options, pieceBytes) => {
          const { file, summary } = await write(records, options);
          expect(summary.recordCount).toBe(records.length);
          expect(summary.byteCount).toBe(file.length);
          const again = await write(await read(inPieces(file, pieceBytes), summary), options);
          expect(again.file).toEqual(file);
        },
      ),
    );
  });

  test("is the same, byte for byte, when the same is written again", async () => {
    const options = {
      schema: flightSchema,
      compression: "deflate",
      metadata: { "my.name": "x" },
    } as const;
    expect((await write(flights, options)).file).toEqual((await write(flights, options)).file);
  });

  test("of a schema of one's own gives back plain records, with longs of all 64 bits", async () => {
    const { file, summary } = await write(flights, { schema: flightSchema });
    const records = await read([file], summary);
    expect(records).toStrictEqual(flights);
    expect(Object.getPrototypeOf(records[0])).toBe(Object.prototype);
  });

  test("of longs gives back all 64 bits, as a bigint where a number cannot hold them", async () => {
    const options = { schema: "long" };
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n })),
        async (all) => {
          const longs = [...all, ...all.map((long) => long >> (long & 63n))];
          const { file, summary } = await write(longs, options);
          const records = await read([file], summary);
          expect(records.map((record) => BigInt(record as number | bigint))).toEqual(longs);
          for (const record of records) {
            expect(typeof record === "bigint").toBe(!Number.isSafeInteger(Number(record)));
          }
          expect((await write(records, options)).file).toEqual(file);
        },
      ),
    );
  });

  test("tells its schema and metadata", async () => {
    const { file } = await write([], { schema: flightSchema, metadata: { "my.name": "x" } });
    const { schema, metadata } = await readAvroContainer([file], {});
    expect(schema).toEqual(flightSchema);
    expect(Buffer.from(metadata.get("my.name") ?? []).toString()).toBe("x");
  });

  test("from asynchronous records and chunks is the same", async () => {
    async function* slowly<T>(items: readonly T[]): AsyncGenerator<T, void, undefined> {
      for (const item of items) yield await Promise.resolve(item);
    }
    const { file, summary, chunks } = await write(slowly([1, 2, 3]), { blockBytes: 1 });
    expect(file).toEqual((await write([1, 2, 3], { blockBytes: 1 })).file);
    expect(chunks.length).toBe(4);
    expect(await read(slowly(chunks), summary)).toEqual([1, 2, 3]);
  });

  test("is written no faster than its sink takes it", async () => {
    const events: string[] = [];
    function* records(): Generator<number, void, undefined> {
      for (const n of [1, 2]) {
        events.push(`record ${n}`);
        yield n;
      }
    }
    const sink = async () => {
      events.push("chunk");
      await Promise.resolve();
      events.push("taken");
    };
    await writeAvroContainer(records(), sink, { blockBytes: 1 });
    expect(events.join(", ")).toBe("chunk, taken, record 1, chunk, taken, record 2, chunk, taken");
  });

  test("lets go of its chunks when the reader stops early or meets damage", async () => {
    const { chunks } = await write([1, 2, 3], { blockBytes: 1 });
    let closed = 0;
    function* closing(parts: readonly Uint8Array[]): Generator<Uint8Array, void, undefined> {
      try {
        yield* parts;
      } finally {
        closed += 1;
      }
    }
    const { blocks } = await readAvroContainer(closing(chunks), {});
    for await (const block of blocks) if (block.length > 0) break;
    expect(closed).toBe(1);
    await expect(readAvroContainer(closing([Buffer.from("no file")]), {})).rejects.toEqual(damaged);
    expect(closed).toBe(2);
  });

  test("of version 1 is read for ever", async () => {
    const { records, recordCount, sha256 } = containerFixture;
    const file = readFileSync(new URL("./fixtures/values-v1.avro", import.meta.url));
    expect(await read([file], { recordCount, sha256 })).toStrictEqual(records);
  });
});

describe("a record that is refused", () => {
  test("by the default schema names the path, and leaves no trace in the file", async () => {
    const writer = new AvroContainerWriter();
    const chunks = [writer.begin()];
    writer.add("before");
    expect(() => writer.add({ a: ["started", () => 1] })).toThrowError(
      expect.objectContaining({ code: "value_unsupported" }),
    );
    writer.add("after");
    chunks.push(writer.end() ?? Buffer.alloc(0));
    expect(await read(chunks, writer.summary())).toEqual(["before", "after"]);
  });

  test("by a schema names the path", () => {
    const writer = new AvroContainerWriter({ schema: flightSchema });
    const bad = { ...flights[0], stops: ["PDX", 5] };
    expect(() => writer.add(bad)).toThrowError(
      expect.objectContaining({ code: "value_schema_mismatch", details: { path: "$.stops.1" } }),
    );
    expect(() => writer.add({ ...flights[0], micros: 2n ** 63n })).toThrowError(/\$\.micros/);
    expect(() => writer.add({ ...flights[0], micros: 2 ** 53 })).toThrowError(/\$\.micros/);
  });
});

describe("bad options", () => {
  test.each<[string, AvroContainerOptions]>([
    ["schema_invalid", { schema: { type: "record", name: "R", fields: [{ type: "no" }] } }],
    ["schema_invalid", { schema: "Missing" }],
    ["argument_invalid", { metadata: { "avro.schema": "mine" } }],
    ["argument_invalid", { blockBytes: 0 }],
    ["argument_invalid", { blockBytes: Number.NaN }],
  ])("are refused with %s: %j", (code, options) => {
    expect(() => new AvroContainerWriter(options)).toThrowError(expect.objectContaining({ code }));
  });
});

describe("damage", () => {
  test("is found wherever the file is cut, if its count is known", async () => {
    const { file, summary } = await write(flights, { schema: flightSchema, blockBytes: 1 });
    for (let length = 0; length < file.length; length += 1) {
      const { recordCount } = summary;
      await expect(read([file.subarray(0, length)], { recordCount })).rejects.toEqual(damaged);
    }
  });

  test("is found wherever a bit is flipped, or a byte is added, if the hash is known", async () => {
    const { file, summary } = await write(flights, { schema: flightSchema, blockBytes: 1 });
    const refusal = expect.objectContaining({
      code: expect.stringMatching(/^container_(damaged|compression_unknown)$/),
    });
    for (let bit = 0; bit < file.length * 8; bit += 1) {
      const flipped = Buffer.from(file);
      flipped[bit >> 3] = (flipped[bit >> 3] ?? 0) ^ (1 << (bit & 7));
      await expect(read([flipped], { sha256: summary.sha256 })).rejects.toEqual(refusal);
    }
    await expect(read([file, Buffer.from([0])], summary)).rejects.toEqual(damaged);
  });

  test("without anything known is an error or other records, and never anything else", async () => {
    const change = fc.record({ at: fc.nat(), byte: fc.nat({ max: 255 }) });
    const { file } = await write(flights, { schema: flightSchema, compression: "deflate" });
    await fc.assert(
      fc.asyncProperty(fc.array(change, { minLength: 1, maxLength: 3 }), async (changes) => {
        const bytes = Buffer.from(file);
        for (const { at, byte } of changes) bytes[at % bytes.length] = byte;
        await read([bytes]).catch((thrown: unknown) => {
          expect(thrown).toEqual(
            expect.objectContaining({ code: expect.stringMatching(/^container_/) }),
          );
        });
      }),
      { numRuns: 500 },
    );
  });

  test("is told with the offset of the block", async () => {
    const { chunks, file } = await write(["a", "b", "c"], { blockBytes: 1 });
    const offset = (chunks[0]?.length ?? 0) + (chunks[1]?.length ?? 0);
    file[offset + 2] = 99;
    await expect(read([file])).rejects.toMatchObject({ details: { offset } });
    file[offset + 6] = (file[offset + 6] ?? 0) ^ 1;
    await expect(read([file])).rejects.toMatchObject({ details: { offset: offset + 5 } });
  });

  test("that would decompress without bound is refused", async () => {
    const { chunks } = await write(["a"], { compression: "deflate" });
    const header = chunks[0] ?? Buffer.alloc(0);
    const megabyte = deflateRawSync(Buffer.alloc(2 ** 20), { finishFlush: constants.Z_FULL_FLUSH });
    const bomb = Buffer.concat(Array.from({ length: 257 }, () => megabyte));
    const type = avsc.Type.forSchema("long");
    const file = [header, type.toBuffer(1), type.toBuffer(bomb.length), bomb, header.subarray(-16)];
    await expect(read(file)).rejects.toEqual(damaged);
  });

  test.each<[string, AvroSchema, string]>([
    ["an array of 2^40 nulls", { type: "array", items: "null" }, "808080808040"],
    ["a negative count of nulls", { type: "array", items: "null" }, "ffffffffff3f00"],
    ["a map of 2^40 entries", { type: "map", values: "null" }, "808080808040"],
    ["a map with the key __proto__", { type: "map", values: "null" }, "02125f5f70726f746f5f5f00"],
    ["a string of 2^40 bytes", "string", "808080808040"],
    ["a string that is not UTF-8", "string", "02ff"],
    ["bytes of negative length", "bytes", "01"],
    ["a fixed cut off", { type: "fixed", name: "F", size: 3 }, "0000"],
    ["an enum out of range", { type: "enum", name: "E", symbols: ["A"] }, "02"],
    ["a union out of range", ["null", "int"], "04"],
    ["an int beyond 32 bits", "int", "8080808010"],
    ["a long without an end", "long", "80".repeat(12) + "00"],
    ["a boolean that is 2", "boolean", "02"],
    ["a float cut off", "float", "000000"],
    [
      "records nested without an end",
      { type: "record", name: "R", fields: [{ name: "r", type: { type: "array", items: "R" } }] },
      "02".repeat(20_000),
    ],
    ["more nulls than a writer puts into a block", "null", ""],
  ])("in records of a schema is refused, not obeyed: %s", async (_, schema, hex) => {
    const { chunks } = await write([], { schema });
    const header = chunks[0] ?? Buffer.alloc(0);
    const contents = Buffer.from(hex, "hex");
    const count = hex === "" ? 2 ** 40 : 1;
    const long = avsc.Type.forSchema("long");
    const block = [long.toBuffer(count), long.toBuffer(contents.length), contents];
    await expect(read([header, ...block, header.subarray(-16)])).rejects.toEqual(damaged);
  });
});

describe("other Avro libraries", () => {
  test.each(["null", "deflate"] as const)("read our files (codec %s)", async (compression) => {
    const { file } = await write(["a", 1, null], { compression, blockBytes: 1 });
    const decoder = new avsc.streams.BlockDecoder();
    decoder.end(file);
    const type = avsc.Type.forSchema(valueSchema as avsc.Schema);
    const read: unknown[] = [];
    for await (const record of decoder) read.push(type.toString(record));
    expect(read).toEqual(['{"value":{"string":"a"}}', '{"value":{"long":1}}', '{"value":null}']);
  });

  test.each(["null", "deflate"] as const)("write files for us (codec %s)", async (codec) => {
    const encoder = new avsc.streams.BlockEncoder(flightSchema as avsc.Schema, { codec });
    for (const n of [1, 2]) {
      encoder.write({ origin: "SEA", delay: n, micros: n, stops: [], tags: {}, next: null });
    }
    encoder.end();
    const chunks: Buffer[] = [];
    for await (const chunk of encoder) chunks.push(chunk as Buffer);
    expect(await read(chunks, { recordCount: 2 })).toMatchObject([{ delay: 1 }, { delay: 2 }]);
  });

  test("may compress in ways that are not known here, which is said", async () => {
    const { file } = await write([]);
    const header = Buffer.from(
      file.toString("latin1").replace("avro.codec\x08null", "avro.codec\x08zstd"),
      "latin1",
    );
    await expect(read([header])).rejects.toMatchObject({
      code: "container_compression_unknown",
      details: { compression: "zstd" },
    });
  });
});
