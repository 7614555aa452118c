import { deepStrictEqual } from "node:assert/strict";
import { Buffer } from "node:buffer";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { decodeBlock, encodeBlock } from "../../../src/codec/index.ts";
import { recordsArbitrary } from "./value-arbitrary.ts";

setFlagsFromString("--expose-gc");
const collectGarbage = runInNewContext("gc") as () => void;

function heapBytes(): number {
  collectGarbage();
  return process.memoryUsage().heapUsed;
}

const undecodable = expect.objectContaining({ code: "value_undecodable" });

describe("a block", () => {
  test("gives back its records as they were, whether they are alike or not", () => {
    fc.assert(
      fc.property(recordsArbitrary, (records) => {
        deepStrictEqual(decodeBlock(encodeBlock(records)), records);
      }),
      { numRuns: 2_000 },
    );
  });

  test.each<[unknown[], string]>([
    [[], "0100"],
    [["a", "bc"], "0102" + "01" + "0200" + "0102" + "616263"],
    [["\u00e9", "\ud83d\ude00"], "0102" + "01" + "0201" + "0102" + "e9003dd800de"],
    [[1.5, -0], "0102" + "02" + "000000000000f83f" + "0000000000000080"],
    [[1, -1, 200], "0103" + "03" + "02" + "01" + "9003"],
    [[["a", 1]], "0101" + "0402" + "01" + "010001" + "61" + "03" + "02"],
    [[{ b: 1, a: "x" }], "0101" + "0502" + "0262" + "0261" + "0302" + "01" + "010001" + "78"],
    [[null, "a"], "0102" + "00" + "00" + "0a0261"],
    [[[]], "0101" + "00" + "0e00"],
  ])("of %j is %s for ever", (records, hex) => {
    expect(Buffer.from(encodeBlock(records)).toString("hex")).toBe(hex);
    expect(decodeBlock(Buffer.from(hex, "hex"))).toStrictEqual(records);
  });

  test("of long and short strings in many runs comes back in order", () => {
    const records = Array.from({ length: 5_000 }, (_, index) =>
      index % 1_000 === 7 ? "\u4e2d".repeat(index) : `${index}`.repeat((index % 9) + 1),
    );
    expect(decodeBlock(encodeBlock(records))).toEqual(records);
  });

  test("doubles only the run in which a character beyond U+00FF stands", () => {
    const plain = Array.from({ length: 1_000 }, () => "0123456789abcdef");
    const bytes = encodeBlock(plain).length;
    expect(encodeBlock([...plain, "\u4e2d"]).length).toBeLessThan(bytes + 4_096 + 100);
  });

  test("lets go of its text when only one of its strings is kept", () => {
    const bytes = encodeBlock(
      Array.from({ length: 64 }, (_, n) => `${n} of a long line`.padEnd(60)),
    );
    const kept: unknown[] = [];
    const before = heapBytes();
    for (let block = 0; block < 2_000; block += 1) kept.push(decodeBlock(bytes)[0]);
    expect((heapBytes() - before) / kept.length).toBeLessThan(600);
  });

  test("writes the names of objects of one shape once", () => {
    const records = Array.from({ length: 100 }, (_, index) => ({ departure_delay: index }));
    expect(encodeBlock(records).length).toBeLessThan(100 * 2 + 30);
  });

  test("keeps objects apart that differ in the order of their names only", () => {
    const decoded = decodeBlock(
      encodeBlock([
        { a: 1, b: 2 },
        { b: 2, a: 1 },
      ]),
    ) as object[];
    expect(decoded.map((record) => Object.keys(record).join(""))).toEqual(["ab", "ba"]);
  });

  test("keeps the __proto__ property of its objects as their own", () => {
    const records: unknown[] = [1, 2].map((n) => JSON.parse(`{"__proto__":{"n":${n}}}`));
    deepStrictEqual(decodeBlock(encodeBlock(records)), records);
  });

  test.each<[unknown[], string]>([
    [[1, 2, 3, { b: () => 1 }], "$[3].b"],
    [[["a", () => 1]], "$[0][1]"],
    [[{ a: 1 }, { a: Symbol("s") }], "$[1].a"],
    [[new Error("no")], "$[0]"],
  ])("refuses a record that is not plain data, with the path to it: %o", (records, path) => {
    expect(() => encodeBlock(records)).toThrowError(
      expect.objectContaining({
        code: "value_unsupported",
        details: expect.objectContaining({ path }),
      }),
    );
  });
});

describe("bytes that are no block", () => {
  test.each<[string, string]>([
    ["no bytes", ""],
    ["an unknown version", "0200"],
    ["an unknown kind of column", "010106"],
    ["more records than bytes", "01ffffffffffffff0f00"],
    ["a run of no strings", "0101010000"],
    ["a run of too many strings", "01010102000000"],
    ["an unknown encoding of text", "0101010102" + "00"],
    ["strings longer than the bytes", "01010101" + "00" + "ffffffffffffff0f"],
    ["tuples of no width", "01010400"],
    ["tuples wider than a writer makes them", "01010441"],
    ["columns nested without an end", "0101" + "0401".repeat(1_000)],
    ["a double cut off", "010102000000"],
    ["bytes left over", "01010302" + "00"],
  ])("are refused: %s", (_, hex) => {
    expect(() => decodeBlock(Buffer.from(hex, "hex"))).toThrowError(undecodable);
  });

  test("are refused, or are a block, wherever good bytes are cut or changed", () => {
    const change = fc.record({ at: fc.nat(), byte: fc.nat({ max: 255 }), keep: fc.nat() });
    fc.assert(
      fc.property(recordsArbitrary, change, (records, { at, byte, keep }) => {
        const bytes = encodeBlock(records);
        bytes[at % bytes.length] = byte;
        expectBlockOrRefusal(bytes);
        expectBlockOrRefusal(bytes.subarray(0, keep % bytes.length));
      }),
      { numRuns: 3_000 },
    );
  });
});

function expectBlockOrRefusal(bytes: Uint8Array): void {
  let records: unknown[];
  try {
    records = decodeBlock(bytes);
  } catch (thrown) {
    expect(thrown).toEqual(undecodable);
    return;
  }
  deepStrictEqual(decodeBlock(encodeBlock(records)), records);
}
