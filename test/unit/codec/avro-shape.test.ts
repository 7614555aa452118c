import { Buffer } from "node:buffer";
import avsc from "avsc";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  type AvroShape,
  arrayShape,
  booleanShape,
  bytesShape,
  declaredShape,
  enumShape,
  longShape,
  mapShape,
  nullableShape,
  optionalShape,
  plainShape,
  readAvroContainer,
  recordShape,
  schemaOfShape,
  stringShape,
  type Tagged,
  unionShape,
  writeAvroContainer,
} from "../../../src/codec/index.ts";
import { valueArbitrary } from "./value-arbitrary.ts";

interface Leg {
  readonly from: string;
  readonly km?: number;
  readonly gate: string | null;
  readonly notes: Readonly<Record<string, unknown>>;
}

const legShape = recordShape<Leg>("travel.Leg", {
  from: stringShape,
  km: optionalShape(longShape),
  gate: nullableShape(stringShape),
  notes: mapShape(plainShape),
});

interface Trip {
  readonly legs: readonly Leg[];
  readonly paid: boolean;
  readonly kind: "air" | "rail";
  readonly raw: Uint8Array;
}

interface Contents {
  readonly leg: Leg;
  readonly trip: Trip;
}

const entryShape = unionShape<Contents>({
  leg: legShape,
  trip: recordShape<Trip>("travel.Trip", {
    legs: arrayShape(legShape),
    paid: booleanShape,
    kind: enumShape("travel.Kind", ["air", "rail"]),
    raw: bytesShape,
  }),
});

const fileShape = recordShape<{ entry: Tagged<Contents> }>("travel.Entry", { entry: entryShape });

const wellFormed = fc.string({ unit: "binary" });

const legArbitrary: fc.Arbitrary<Leg> = fc.record(
  {
    from: wellFormed,
    km: fc.maxSafeInteger(),
    gate: fc.option(wellFormed),
    notes: fc.dictionary(fc.oneof(wellFormed, fc.constant("__proto__")), valueArbitrary),
  },
  { requiredKeys: ["from", "gate", "notes"] },
);

const entryArbitrary = fc.oneof(
  legArbitrary.map((value) => ({ entry: { kind: "leg" as const, value } })),
  fc
    .record({
      legs: fc.array(legArbitrary, { maxLength: 3 }),
      paid: fc.boolean(),
      kind: fc.constantFrom("air", "rail"),
      raw: fc.uint8Array({ maxLength: 4 }).map((bytes) => Buffer.from(bytes)),
    })
    .map((value) => ({ entry: { kind: "trip" as const, value } })),
);

async function write(
  records: readonly unknown[],
  shape: AvroShape<unknown> = fileShape,
): Promise<Buffer> {
  const chunks: Uint8Array[] = [];
  await writeAvroContainer(records, (chunk) => void chunks.push(chunk), { shape });
  return Buffer.concat(chunks);
}

async function read(file: Uint8Array, shape: AvroShape<unknown> = fileShape): Promise<unknown[]> {
  const records: unknown[] = [];
  const { blocks } = await readAvroContainer([file], {}, () => shape);
  for await (const block of blocks) records.push(...block);
  return records;
}

const trip = {
  entry: {
    kind: "trip",
    value: {
      legs: [{ from: "SEA", km: 5, gate: null, notes: { a: 1 } }],
      paid: true,
      kind: "rail",
      raw: Buffer.of(7),
    },
  },
};

describe("records of a shape", () => {
  test("come back as they were, plain data in them included", async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(entryArbitrary, { maxLength: 5 }), async (entries) => {
        const file = await write(entries);
        // Bytes tell what equality cannot: -0, NaN, holes.
        expect(await write(await read(file))).toEqual(file);
        expect(await read(file)).toHaveLength(entries.length);
      }),
    );
    const leg = { entry: { kind: "leg", value: { from: "SEA", gate: "A1", notes: {} } } };
    expect(await read(await write([trip, leg]))).toStrictEqual([trip, leg]);
  });

  test.each([Number.MAX_SAFE_INTEGER, Number.MIN_SAFE_INTEGER])(
    "have the outermost whole number %d, too",
    async (km) => {
      const leg = { entry: { kind: "leg", value: { from: "", km, gate: null, notes: {} } } };
      expect(await read(await write([leg]))).toStrictEqual([leg]);
    },
  );

  test("are Avro binary of the schema of the shape, as another library reads it", async () => {
    const file = await write([trip]);
    const type = avsc.Type.forSchema(schemaOfShape(fileShape) as avsc.Schema);
    const { blocks } = await readAvroContainer([file], {});
    const records: unknown[] = [];
    for await (const block of blocks) records.push(...block);
    const expected = {
      entry: {
        "travel.Trip": {
          ...trip.entry.value,
          legs: [
            {
              from: "SEA",
              km: 5,
              gate: null,
              notes: { a: { value: { long: 1 } } },
            },
          ],
        },
      },
    };
    expect(records).toStrictEqual([expected]);
    expect(type.isValid(expected)).toBe(true);
  });

  test("spell a named type out once, also where plain data stand in several places", () => {
    const text = JSON.stringify(schemaOfShape(fileShape));
    expect(text.match(/"name":"travel.Leg"/g)).toHaveLength(1);
    expect(text.match(/"name":"Value"/g)).toHaveLength(1);
    const twice = recordShape<{ a: unknown; b: unknown }>("Two", { a: plainShape, b: plainShape });
    expect(() => avsc.Type.forSchema(schemaOfShape(twice) as avsc.Schema)).not.toThrow();
  });

  test("that are not of the type are refused, and leave no trace", async () => {
    const bad: unknown[] = [
      { entry: { kind: "leg", value: { from: 1, gate: null, notes: {} } } },
      { entry: { kind: "leg", value: { from: "\ud800", gate: null, notes: {} } } },
      { entry: { kind: "leg", value: { from: "a", km: 0.5, gate: null, notes: {} } } },
      { entry: { kind: "flight", value: {} } },
      { entry: { ...trip.entry, value: { ...trip.entry.value, kind: "sea" } } },
    ];
    for (const record of bad) {
      await expect(write([record])).rejects.toMatchObject({ code: "value_schema_mismatch" });
    }
    const functions = {
      entry: { kind: "leg", value: { from: "a", gate: null, notes: { f() {} } } },
    };
    await expect(write([functions])).rejects.toMatchObject({ code: "value_unsupported" });
  });

  test("in a file of another schema are damage; one that knows fewer kinds of plain data is not", async () => {
    const other = recordShape<{ entry: number }>("travel.Entry", { entry: longShape });
    await expect(read(await write([{ entry: 1 }], other))).rejects.toMatchObject({
      code: "container_damaged",
      details: { reason: "the schema is not that of the format" },
    });
    const file = await write([trip]);
    const header = JSON.stringify(schemaOfShape(fileShape));
    const last = header.lastIndexOf(',{"type":"record","name":"ObjectValue"');
    // The same length, so that nothing else of the header changes; a field fewer than today.
    const cut = header.slice(last).indexOf("}}]}") + 4;
    const older = header.slice(0, last) + header.slice(last + cut);
    const text = file.toString("latin1").replace(header, older.padEnd(header.length, " "));
    expect(older.length).toBeLessThan(header.length);
    expect(await read(Buffer.from(text, "latin1"))).toStrictEqual([trip]);
  });
});

describe("reading a shape from bad bytes", () => {
  test("ends with an error or with records, whatever the bytes are", async () => {
    const file = await write([trip, trip]);
    const start = file.length - 16 - 80;
    await fc.assert(
      fc.asyncProperty(
        fc.nat({ max: file.length - start - 1 }),
        fc.integer({ min: 0, max: 255 }),
        async (at, byte) => {
          const copy = Buffer.from(file);
          copy[start + at] = byte;
          await read(copy).then(
            (records) => expect(records.length).toBeLessThan(200),
            (error: unknown) =>
              expect(error).toMatchObject({ code: expect.stringMatching(/^container_/) }),
          );
        },
      ),
    );
  });

  test("believes no count that the bytes cannot hold", async () => {
    const shape = arrayShape(longShape);
    const file = await write([[1, 2]], shape);
    // The block: count 1, length, then the array: 04 02 04 00.
    const at = file.length - 16 - 4;
    expect(file.subarray(at, at + 4)).toEqual(Buffer.of(4, 2, 4, 0));
    file[at] = 0x7e;
    await expect(read(file, shape)).rejects.toMatchObject({
      code: "container_damaged",
      cause: { details: { reason: "a length or count goes beyond the end of the bytes" } },
    });
  });
});

describe("a declared schema within a shape", () => {
  const flight = {
    type: "record",
    name: "Flight",
    fields: [
      { name: "origin", type: "string" },
      { name: "delay", type: ["null", "long"] },
    ],
  };
  const shapeOf = (value: AvroShape<unknown>) =>
    recordShape<{ id: number; value: unknown }>("Keeping", { id: longShape, value });

  test("writes and reads values of that schema", async () => {
    const shape = shapeOf(declaredShape(flight));
    const records = [{ id: 1, value: { origin: "SEA", delay: 2n ** 60n } }];
    expect(await read(await write(records, shape), shape)).toStrictEqual(records);
    await expect(write([{ id: 1, value: { origin: 1 } }], shape)).rejects.toMatchObject({
      code: "value_schema_mismatch",
    });
  });

  test("reads what was written with an older one, by the rules of schema resolution", async () => {
    const newer = {
      ...flight,
      fields: [...flight.fields, { name: "gate", type: "string", default: "?" }],
    };
    const file = await write(
      [{ id: 1, value: { origin: "SEA", delay: null } }],
      shapeOf(declaredShape(flight)),
    );
    expect(await read(file, shapeOf(declaredShape(newer, flight)))).toStrictEqual([
      { id: 1, value: { origin: "SEA", delay: null, gate: "?" } },
    ]);
    expect(() => declaredShape("long", "string")).toThrow(
      expect.objectContaining({ code: "schema_invalid" }),
    );
  });

  test("ends on bad bytes", async () => {
    const shape = shapeOf(declaredShape({ type: "array", items: "null" }));
    const file = await write([{ id: 1, value: [null] }], shape);
    const at = file.length - 16 - 2;
    expect(file[at]).toBe(2);
    file[at] = 0x7f;
    await expect(read(file, shape)).rejects.toMatchObject({ code: "container_damaged" });
  });
});
