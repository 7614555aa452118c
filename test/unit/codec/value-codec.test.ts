import { deepStrictEqual } from "node:assert/strict";
import { Buffer } from "node:buffer";
import vm from "node:vm";
import avsc from "avsc";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { decodeValue, encodeValue, valueSchema } from "../../../src/codec/index.ts";
import { valueArbitrary } from "./value-arbitrary.ts";

const hexOf = (value: unknown) => Buffer.from(encodeValue(value)).toString("hex");
const undecodable = expect.objectContaining({ code: "value_undecodable" });

describe("a value", () => {
  test("comes back as it was, whatever plain data it is", () => {
    fc.assert(
      fc.property(valueArbitrary, (value) => {
        deepStrictEqual(decodeValue(encodeValue(value)), value);
      }),
      { numRuns: 2_000 },
    );
  });

  test.each<[unknown, string]>([
    [null, "00"],
    [undefined, "02"],
    [true, "0401"],
    [-3, "0605"],
    [2 ** 31, "068080808010"],
    [-(2 ** 52), "06ffffffffffffff0f"],
    [2 ** 52 + 1, "080100000000003043"],
    [-0, "080000000000000080"],
    [Number.NaN, "08000000000000f87f"],
    ["h\u00e9", "0a0668c3a9"],
    [new Uint8Array([1, 2]), "0c040102"],
    [[1, "a"], "0e0406020a026100"],
    [[], "0e00"],
    [{ a: 1 }, "10020261060200"],
    [128n, "12040080"],
    [-128n, "120280"],
    [new Date(5), "140000000000001440"],
    [new Map([["k", 1]]), "16020a026b060200"],
    [new Set([1]), "1802060200"],
    [new Int16Array([-1]), "1a0a04ffff"],
    ["\ud800", "1c0400d8"],
    [{ "\ud800": 1 }, "1e021c0400d8060200"],
  ])("%o is %s for ever", (value, hex) => {
    expect(hexOf(value)).toBe(hex);
    expect(decodeValue(Buffer.from(hex, "hex"))).toStrictEqual(value);
  });

  test("with a __proto__ property keeps it as its own, and inherits nothing from it", () => {
    const value: unknown = JSON.parse('{"__proto__":{"admin":true}}');
    const decoded = decodeValue(encodeValue(value)) as Record<string, unknown>;
    expect(Object.keys(decoded)).toEqual(["__proto__"]);
    expect(decoded["admin"]).toBeUndefined();
    expect(Object.getPrototypeOf(decoded)).toBe(Object.prototype);
  });

  test("with holes comes back with undefined in their place", () => {
    // oxlint-disable-next-line no-sparse-arrays
    expect(decodeValue(encodeValue([1, , 3]))).toStrictEqual([1, undefined, 3]);
  });

  test("of another realm, or without a prototype, comes back as plain data of this one", () => {
    const foreign: unknown = vm.runInNewContext(
      "({ a: [new Map([[1, new Set([2])]]), new Date(3), new Int8Array([4])] })",
    );
    const expected = { a: [new Map([[1, new Set([2])]]), new Date(3), new Int8Array([4])] };
    expect(decodeValue(encodeValue(foreign))).toStrictEqual(expected);
    expect(decodeValue(encodeValue(Object.create(null)))).toStrictEqual({});
  });

  test("does not share memory with the bytes it was decoded from", () => {
    const bytes = encodeValue([new Uint8Array([1]), Buffer.from([1]), new Int8Array([1])]);
    const decoded = decodeValue(bytes);
    bytes.fill(0);
    expect(decoded).toStrictEqual([new Uint8Array([1]), Buffer.from([1]), new Int8Array([1])]);
  });

  test("has the names it was written with, though names may share a slot of the cache", () => {
    for (const name of ["Aa", "BB", "Aa", "AaAa", "BBBB", "AaBB"]) {
      expect(decodeValue(encodeValue({ [name]: 1 }))).toEqual({ [name]: 1 });
    }
  });

  test("may be encoded while another one is, by a getter", () => {
    const value = {
      get inner() {
        return encodeValue("inner");
      },
      after: 1,
    };
    expect(decodeValue(encodeValue(value))).toEqual({ inner: encodeValue("inner"), after: 1 });
  });

  test("with a getter that throws gives the getter's error", () => {
    const value = {
      get broken() {
        throw new Error("no");
      },
    };
    expect(() => encodeValue(value)).toThrowError("no");
    expect(hexOf(1)).toBe("0602");
  });
});

describe("the bytes of a value", () => {
  const type = avsc.Type.forSchema(valueSchema as avsc.Schema);

  test("are exactly what avsc writes for the schema", () => {
    fc.assert(
      fc.property(valueArbitrary, (value) => {
        expect(hexOf(value)).toBe(type.toBuffer(asAvro(value)).toString("hex"));
      }),
      { numRuns: 1_000 },
    );
  });

  test("are read by avsc to the same", () => {
    for (const value of [1, -7, "h\u00e9", [1, { a: null }], new Map([[1, 2n]])]) {
      const read: unknown = type.fromBuffer(Buffer.from(encodeValue(value)));
      expect(type.toBuffer(read)).toEqual(type.toBuffer(asAvro(value)));
    }
  });

  test("may hold arrays in several blocks, with their sizes, as other writers make them", () => {
    const items = "0e" + "02" + "0602" + "03" + "08" + "06040606" + "00";
    expect(decodeValue(Buffer.from(items, "hex"))).toEqual([1, 2, 3]);
  });
});

class Airport {
  readonly code = "SEA";
}
class Table extends Map<string, number> {}

function nested(depth: number): unknown {
  let value: unknown = 1;
  for (let level = 0; level < depth; level += 1) value = [value];
  return value;
}

const cyclic: { list: unknown[] } = { list: [] };
cyclic.list.push(1, cyclic);

describe("what is not plain data", () => {
  test.each<[unknown, string, string]>([
    [() => 1, "$", "function"],
    [{ a: [0, 1, 2, { b: Symbol("s") }] }, "$.a[3].b", "symbol"],
    [{ "two words": new Airport() }, '$["two words"]', "Airport"],
    [new Map<unknown, unknown>([["k", new WeakMap()]]), "$.values()[0]", "WeakMap"],
    [new Map<unknown, unknown>([[/a/, 1]]), "$.keys()[0]", "RegExp"],
    [new Set([1, Promise.resolve()]), "$.values()[1]", "Promise"],
    [[new Error("no")], "$[0]", "Error"],
    [new Table(), "$", "Table"],
    [[Object(1)], "$[0]", "Number"],
    [new SharedArrayBuffer(1), "$", "SharedArrayBuffer"],
    [cyclic, "$.list[1]", "cyclic reference"],
  ])("is refused with the path to it: %o", (value, path, type) => {
    expect(() => encodeValue(value)).toThrowError(
      expect.objectContaining({ code: "value_unsupported", details: { path, type } }),
    );
  });

  test("nesting is refused beyond a thousand levels, and kept up to there", () => {
    expect(decodeValue(encodeValue(nested(1_000)))).toEqual(nested(1_000));
    expect(() => encodeValue(nested(1_001))).toThrowError(/nested deeper than 1000 levels/);
  });

  test("the same object twice is no cycle", () => {
    const shared = { a: 1 };
    expect(decodeValue(encodeValue([shared, shared]))).toEqual([{ a: 1 }, { a: 1 }]);
  });
});

describe("bytes that are no value", () => {
  test.each<[string, string]>([
    ["no bytes", ""],
    ["no such branch", "20"],
    ["a negative branch", "01"],
    ["a bad boolean", "0402"],
    ["bytes left over", "0000"],
    ["a string cut off", "0a0661"],
    ["bad UTF-8", "0a02ff"],
    ["a negative length", "0a01"],
    ["a double cut off", "0800"],
    ["a number beyond 2^53", "06ffffffffffffffffff01"],
    ["a number without an end", "06" + "80".repeat(500)],
    ["a number of 501 bytes", "06" + "80".repeat(500) + "00"],
    ["a count of 2^52 items", "0e8080808080808010"],
    ["a count of -2^52 items", "0effffffffffffff0f02"],
    ["a bigint of no bytes", "1200"],
    ["half a code unit", "1c0261"],
    ["half an element", "1a0a0261"],
    ["an unknown kind of binary data", "1a380261"],
    ["a name that is a number", "1e020602060200"],
    ["nesting without an end", "0e02".repeat(5_000)],
    ["maps nested without an end", "1602".repeat(5_000)],
  ])("are refused: %s", (_, hex) => {
    expect(() => decodeValue(Buffer.from(hex, "hex"))).toThrowError(undecodable);
  });

  test("are refused, or are a value, wherever good bytes are cut or changed", () => {
    const change = fc.record({ at: fc.nat(), byte: fc.nat({ max: 255 }), keep: fc.nat() });
    fc.assert(
      fc.property(valueArbitrary, change, (value, { at, byte, keep }) => {
        const bytes = encodeValue(value);
        bytes[at % bytes.length] = byte;
        expectValueOrRefusal(bytes);
        expectValueOrRefusal(bytes.subarray(0, keep % bytes.length));
      }),
      { numRuns: 2_000 },
    );
  });

  test("are refused, or are a value, at random", () => {
    const bytes = fc.uint8Array({ maxLength: 40 }).map((tail) => Uint8Array.from([14, ...tail]));
    fc.assert(fc.property(bytes, expectValueOrRefusal), { numRuns: 3_000 });
  });
});

function expectValueOrRefusal(bytes: Uint8Array): void {
  let value: unknown;
  try {
    value = decodeValue(bytes);
  } catch (thrown) {
    expect(thrown).toEqual(undecodable);
    return;
  }
  deepStrictEqual(decodeValue(encodeValue(value)), value);
}

/**
 * A value as avsc wants it: every union wrapped, every type named. Written from the schema, not
 * from the encoder.
 */
function asAvro(value: unknown): unknown {
  return { value: branchOf(value) };
}

function branchOf(value: unknown): unknown {
  if (value === undefined) return { "millrace.UndefinedValue": {} };
  if (typeof value === "boolean") return { boolean: value };
  if (typeof value === "number") return numberBranch(value);
  if (typeof value === "string") return stringBranch(value);
  if (typeof value === "bigint") return { "millrace.BigIntValue": { twosComplement: twos(value) } };
  return value === null ? null : objectBranch(value);
}

function numberBranch(value: number): unknown {
  const whole = Number.isInteger(value) && Math.abs(value) <= 2 ** 52 && !Object.is(value, -0);
  return whole ? { long: value } : { double: value };
}

const stringBranch = (text: string) =>
  /\p{Surrogate}/u.test(text)
    ? { "millrace.Utf16Value": { units: Buffer.from(text, "utf16le") } }
    : { string: text };

function twos(value: bigint): Buffer {
  for (let size = 1; ; size += 1) {
    if (BigInt.asIntN(size * 8, value) !== value) continue;
    const digits = BigInt.asUintN(size * 8, value).toString(16);
    return Buffer.from(digits.padStart(size * 2, "0"), "hex");
  }
}

const entriesOf = (entries: Iterable<[unknown, unknown]>) =>
  Array.from(entries, ([key, value]) => ({ key: asAvro(key), value: asAvro(value) }));

function objectBranch(value: object): unknown {
  if (Array.isArray(value)) return { array: value.map(asAvro) };
  if (value instanceof Date) return { "millrace.DateValue": { epochMs: value.getTime() } };
  if (value instanceof Map) return { "millrace.MapValue": { entries: entriesOf(value) } };
  if (value instanceof Set) return { "millrace.SetValue": { items: [...value].map(asAvro) } };
  if (ArrayBuffer.isView(value) || value instanceof ArrayBuffer) return binaryBranch(value);
  if (Object.keys(value).some((name) => /\p{Surrogate}/u.test(name))) {
    return { "millrace.ObjectValue": { properties: entriesOf(Object.entries(value)) } };
  }
  const parts = Object.entries(value).map(([name, part]) => [name, asAvro(part)] as const);
  return { map: Object.fromEntries(parts) };
}

function binaryBranch(value: ArrayBuffer | ArrayBufferView): unknown {
  const bytes = ArrayBuffer.isView(value)
    ? Buffer.from(value.buffer, value.byteOffset, value.byteLength)
    : Buffer.from(value);
  const kind = value.constructor.name;
  return kind === "Uint8Array" ? { bytes } : { "millrace.BinaryValue": { kind, bytes } };
}
