import vm from "node:vm";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { encodeKey } from "../../../src/codec/index.ts";
import { equalTwin, keyArbitrary, keysEqual } from "./key-arbitrary.ts";

describe("the canonical text of a key", () => {
  test.each<[unknown, string]>([
    [undefined, "undefined"],
    [null, "null"],
    [true, "true"],
    [-0, "0"],
    [1.5, "1.5"],
    [1e21, "1e+21"],
    [Number.NaN, "NaN"],
    [-Infinity, "-Infinity"],
    [1n, "1n"],
    ["1", '"1"'],
    ['a"\\\n\u00e9\ud800', '"a\\"\\\\\\n\u00e9\\ud800"'],
    [[], "[]"],
    [["SEA", 3, [null]], '["SEA",3,[null]]'],
    [[undefined, "undefined"], '[undefined,"undefined"]'],
    [{ to: "LAX", from: "SEA" }, '{"from":"SEA","to":"LAX"}'],
    [Object.create(null), "{}"],
    [new Date(-5), "@-5"],
    [new Uint8Array([0, 10, 255]), "#000aff"],
    [Buffer.from([0, 10, 255]), "#000aff"],
  ])("of %o is %s", (key, text) => {
    expect(encodeKey(key)).toBe(text);
  });

  test("is the same for two keys exactly when they are equal by value", () => {
    fc.assert(
      fc.property(keyArbitrary, keyArbitrary, (a, b) => {
        expect(encodeKey(a) === encodeKey(b)).toBe(keysEqual(a, b));
      }),
      { numRuns: 2_000 },
    );
  });

  test("does not depend on property order, the sign of zero, or Buffer against Uint8Array", () => {
    fc.assert(
      fc.property(keyArbitrary, (key) => {
        expect(encodeKey(equalTwin(key))).toBe(encodeKey(key));
      }),
    );
  });

  test("is plain ASCII safe to store: a lone surrogate is escaped", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary" }), (key) => {
        expect(encodeKey(key)).toBe(JSON.stringify(key));
      }),
    );
  });

  test("is the same for plain data of another realm", () => {
    const foreign: unknown = vm.runInNewContext(
      "({ a: [1, new Date(7), new Uint8Array([1])], b: Object.create(null) })",
    );
    expect(encodeKey(foreign)).toBe('{"a":[1,@7,#01],"b":{}}');
  });
});

class Airport {
  readonly code = "SEA";
}
class Route extends Array<string> {}

const cyclic: unknown[] = [];
cyclic.push([cyclic]);

describe("what cannot be a key", () => {
  test.each<[string, unknown]>([
    ["function", () => 1],
    ["symbol", Symbol("s")],
    ["Airport", new Airport()],
    ["Route", new Route("SEA", "LAX")],
    ["Map", new Map()],
    ["Set", new Set()],
    ["Promise", Promise.resolve(1)],
    ["invalid Date", new Date(Number.NaN)],
    ["Float64Array", new Float64Array(1)],
    ["ArrayBuffer", new ArrayBuffer(1)],
    ["RegExp", /a/],
    ["Number", Object(1)],
    ["cyclic", cyclic],
  ])("%s is refused by name, also inside a key", (type, value) => {
    for (const key of [value, [1, { a: value }]]) {
      expect(() => encodeKey(key)).toThrowError(
        expect.objectContaining({
          code: "key_unsupported",
          details: { type: expect.stringContaining(type) },
        }),
      );
    }
  });

  test("an instance of a class of another realm is refused", () => {
    const foreign: unknown = vm.runInNewContext("new (class Airport {})()");
    expect(() => encodeKey(foreign)).toThrowError(/Airport/);
  });
});
