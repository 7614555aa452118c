import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { encodeKey, hashKey } from "../../../src/codec/index.ts";
import { equalTwin, keyArbitrary } from "./key-arbitrary.ts";

/** MurmurHash3 x86 32 bits, as published, over bytes. */
function murmur3(bytes: Uint8Array, seed: number): number {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const rotate = (word: number, bits: number) => (word << bits) | (word >>> (32 - bits));
  const scramble = (word: number) => Math.imul(rotate(Math.imul(word, 0xcc9e2d51), 15), 0x1b873593);
  let hash = seed;
  let index = 0;
  for (; index + 4 <= bytes.length; index += 4) {
    hash = rotate(hash ^ scramble(view.getUint32(index, true)), 13);
    hash = (Math.imul(hash, 5) + 0xe6546b64) | 0;
  }
  let tail = 0;
  for (let last = bytes.length - 1; last >= index; last -= 1) tail = (tail << 8) | bytes[last]!;
  hash ^= scramble(tail) ^ bytes.length;
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return (hash ^ (hash >>> 16)) >>> 0;
}

const utf16 = (text: string) => Buffer.from(text, "utf16le");

/** The rule of docs/format/keys.md, written over bytes. */
function hashByTheDocument(key: unknown): number {
  if (key === null) return 0;
  if (typeof key === "string") return murmur3(utf16(key), 0);
  if (typeof key !== "number") return murmur3(utf16(encodeKey(key)), 1);
  const whole = Number.isInteger(key) && key >= -(2 ** 31) && key < 2 ** 31;
  const bytes = Buffer.alloc(whole ? 4 : 8);
  if (whole) bytes.writeInt32LE(key);
  else if (Number.isNaN(key)) bytes.writeBigUInt64LE(0x7ff8000000000000n);
  else bytes.writeDoubleLE(key);
  return murmur3(bytes, 0);
}

describe("the hash of a key", () => {
  test.each<[unknown, number]>(golden())("of %o is %d for ever", (key, hash) => {
    expect(hashKey(key)).toBe(hash);
  });

  test("is what the document says, for every key", () => {
    fc.assert(
      fc.property(keyArbitrary, (key) => {
        expect(hashKey(key)).toBe(hashByTheDocument(key));
      }),
      { numRuns: 1_000 },
    );
  });

  test("is the same for equal keys", () => {
    fc.assert(
      fc.property(keyArbitrary, (key) => {
        expect(hashKey(equalTwin(key))).toBe(hashKey(key));
      }),
    );
  });

  test("spreads consecutive integers and similar strings evenly over 128 groups", () => {
    for (const keyOf of [(n: number) => n, (n: number) => n * 128, (n: number) => `user-${n}`]) {
      const counts = Array.from({ length: 128 }, () => 0);
      for (let n = 0; n < 128_000; n += 1) {
        const group = hashKey(keyOf(n)) % 128;
        counts[group] = (counts[group] ?? 0) + 1;
      }
      expect(Math.min(...counts)).toBeGreaterThan(850);
      expect(Math.max(...counts)).toBeLessThan(1_150);
    }
  });

  test("of what cannot be a key throws key_unsupported", () => {
    expect(() => hashKey(() => 1)).toThrowError(
      expect.objectContaining({ code: "key_unsupported" }),
    );
    expect(() => hashKey(Symbol("s"))).toThrowError(/symbol/);
  });
});

function golden(): [unknown, number][] {
  return [
    [null, 0],
    [undefined, 2697432440],
    [true, 3581696078],
    [false, 3781561672],
    [0, 593689054],
    [-0, 593689054],
    [1, 4226891818],
    [-1, 1982413648],
    [128, 4162446295],
    [2147483647, 2641277762],
    [-2147483648, 2576668564],
    [2147483648, 2542833588],
    [1.5, 4034560987],
    [-1.5, 2150551213],
    [Number.NaN, 1428788237],
    [Infinity, 420913893],
    [-Infinity, 1915664072],
    [Number.MAX_SAFE_INTEGER, 3279583865],
    ["", 0],
    ["a", 1867108634],
    ["ab", 374890698],
    ["SEA", 3739431983],
    ["hello, world", 2217074432],
    ["h\u00e9llo \ud83d\ude00", 2360532758],
    ["\ud800", 23418209],
    [1n, 423947712],
    [-(2n ** 70n), 886192725],
    [[], 3329370710],
    [["SEA", "LAX"], 1410865681],
    [{ b: 2, a: 1 }, 486973998],
    [new Date(0), 489974549],
    [new Uint8Array([0, 255]), 2067548670],
  ];
}
