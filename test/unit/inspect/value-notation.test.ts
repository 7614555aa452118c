/** The notation of values loses nothing, and a key on a command line means what it looks like. */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { encodeKey, encodeValue } from "../../../src/codec/index.ts";
import {
  fromJson,
  type Json,
  keyOfText,
  keyText,
  toJson,
  valueOfText,
  valueText,
} from "../../../src/inspect/index.ts";
import { keyArbitrary } from "../codec/key-arbitrary.ts";
import { valueArbitrary } from "../codec/value-arbitrary.ts";

describe("the notation of values", () => {
  test("gives back what was written, through the text of JSON", () => {
    fc.assert(
      fc.property(valueArbitrary, (value) => {
        const json = JSON.parse(JSON.stringify(toJson(value))) as Json;
        expect(encodeValue(fromJson(json))).toEqual(encodeValue(value));
        expect(encodeValue(valueOfText(valueText(value)))).toEqual(encodeValue(value));
      }),
      { numRuns: 500 },
    );
  });

  test("of a key, typed again, means the same key", () => {
    fc.assert(
      fc.property(keyArbitrary, (key) => {
        expect(encodeKey(keyOfText(keyText(key)))).toBe(encodeKey(key));
      }),
      { numRuns: 500 },
    );
  });

  test("is as it is documented", () => {
    expect(toJson(12n)).toEqual({ $bigint: "12" });
    expect(toJson(new Date(0))).toEqual({ $date: "1970-01-01T00:00:00.000Z" });
    expect(toJson(new Map([["a", 1]]))).toEqual({ $map: [["a", 1]] });
    expect(toJson(new Set([1]))).toEqual({ $set: [1] });
    expect(toJson(Uint8Array.of(1))).toEqual({ $bytes: "AQ==" });
    expect(toJson(Float64Array.of(0))).toEqual({
      $binary: { kind: "Float64Array", base64: "AAAAAAAAAAA=" },
    });
    expect(toJson(Number.NaN)).toEqual({ $number: "NaN" });
    expect(toJson(undefined)).toEqual({ $undefined: true });
    expect(toJson({ $a: 1 })).toEqual({ $object: [["$a", 1]] });
  });

  test("reads a text of a shell as JSON where it is that, else as the text", () => {
    expect(keyOfText("JFK")).toBe("JFK");
    expect(keyOfText("1")).toBe(1);
    expect(keyOfText('"1"')).toBe("1");
    expect(keyOfText('["JFK","LAX"]')).toEqual(["JFK", "LAX"]);
    expect(keyText("1")).toBe('"1"');
    expect(keyText("JFK LAX")).toBe("JFK LAX");
  });

  test.each([
    '{"$bigint":"x"}',
    '{"$nothing":1}',
    '{"$set":1}',
    '{"$binary":{"kind":"Uint7Array","base64":""}}',
  ])("refuses %s", (text) => {
    expect(() => valueOfText(text)).toThrow(expect.objectContaining({ code: "notation_invalid" }));
  });

  test("refuses a value that is no JSON", () => {
    expect(() => valueOfText("JFK")).toThrow(expect.objectContaining({ code: "notation_invalid" }));
  });
});
