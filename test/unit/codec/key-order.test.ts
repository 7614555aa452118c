import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { compareKeys, encodeKey } from "../../../src/codec/index.ts";
import { equalTwin, keyArbitrary } from "./key-arbitrary.ts";

describe("the order of keys", () => {
  test("goes by type first, then by value", () => {
    const ascending: unknown[] = [
      undefined,
      null,
      false,
      true,
      -Infinity,
      -1,
      0,
      0.5,
      10,
      Infinity,
      Number.NaN,
      -1n,
      2n ** 70n,
      "",
      "B",
      "a",
      "\ud83d\ude00",
      "\uff5e",
      new Date(-1),
      new Date(0),
      new Uint8Array([]),
      new Uint8Array([1]),
      new Uint8Array([1, 0]),
      new Uint8Array([255]),
      [],
      [1],
      [1, "a"],
      [2],
      ["0"],
      {},
      { a: 1 },
      { b: 0, a: 1 },
      { a: 2 },
      { b: 0 },
    ];
    for (const [index, key] of ascending.entries()) {
      for (const [otherIndex, other] of ascending.entries()) {
        expect(Math.sign(compareKeys(key, other))).toBe(Math.sign(index - otherIndex));
      }
    }
  });

  test("says equal exactly where the canonical texts are the same", () => {
    fc.assert(
      fc.property(keyArbitrary, keyArbitrary, (a, b) => {
        expect(compareKeys(a, b) === 0).toBe(encodeKey(a) === encodeKey(b));
        expect(compareKeys(a, equalTwin(a))).toBe(0);
      }),
      { numRuns: 1_000 },
    );
  });

  test("is total: antisymmetric and transitive", () => {
    fc.assert(
      fc.property(keyArbitrary, keyArbitrary, keyArbitrary, (a, b, c) => {
        expect(Math.sign(compareKeys(a, b)) + Math.sign(compareKeys(b, a))).toBe(0);
        const [low, middle, high] = sorted([a, b, c]);
        expect(compareKeys(low, middle)).toBeLessThanOrEqual(0);
        expect(compareKeys(middle, high)).toBeLessThanOrEqual(0);
        expect(compareKeys(low, high)).toBeLessThanOrEqual(0);
      }),
      { numRuns: 1_000 },
    );
  });

  test("throws key_unsupported for what cannot be a key, a cyclic one included", () => {
    const cyclic: unknown[] = [];
    cyclic.push(cyclic);
    for (const key of [() => 1, Symbol("s"), new Map(), new Date(Number.NaN), cyclic]) {
      expect(() => compareKeys(key, key)).toThrowError(
        expect.objectContaining({ code: "key_unsupported" }),
      );
    }
  });
});

/** In boxes: Array.prototype.sort puts undefined last without asking. */
function sorted(keys: unknown[]): unknown[] {
  return keys
    .map((key) => ({ key }))
    .sort((a, b) => compareKeys(a.key, b.key))
    .map(({ key }) => key);
}
