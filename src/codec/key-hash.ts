/**
 * Owns: the hash of a key, which places it in a key group for ever (docs/format/keys.md).
 * Does not own: the text of composite keys (key-encoding.ts), key groups and partitions.
 *
 * I1. Equal keys have equal hashes, in every process, on every machine, in every release.
 */
import { encodeKey } from "./key-encoding.ts";

const plainSeed = 0;
const encodedSeed = 1;
const notANumberHigh = 0x7ff80000;

const hashOfUndefined = hashText("undefined", encodedSeed);
const hashOfTrue = hashText("true", encodedSeed);
const hashOfFalse = hashText("false", encodedSeed);

/**
 * The hash of a key, 0 to 2^32-1: MurmurHash3 (x86, 32 bits) over a number's or string's own bytes,
 * or over the canonical text of any other key; null hashes to 0. Throws `key_unsupported` as
 * `encodeKey` does.
 */
export function hashKey(key: unknown): number {
  if (typeof key === "string") return hashText(key, plainSeed);
  if (typeof key === "number") return hashNumber(key);
  if (key === null) return 0;
  if (key === undefined) return hashOfUndefined;
  if (typeof key === "boolean") return key ? hashOfTrue : hashOfFalse;
  return hashText(encodeKey(key), encodedSeed);
}

const float = new DataView(new ArrayBuffer(8));

function hashNumber(value: number): number {
  if (value === (value | 0)) return finish(mix(plainSeed, value | 0) ^ 4);
  if (value !== value) return finish(mix(mix(plainSeed, 0), notANumberHigh) ^ 8);
  float.setFloat64(0, value, true);
  return finish(mix(mix(plainSeed, float.getInt32(0, true)), float.getInt32(4, true)) ^ 8);
}

/** Over the UTF-16 code units, two to a word, low byte first. */
function hashText(text: string, seed: number): number {
  const length = text.length;
  const evenLength = length & ~1;
  let hash = seed;
  for (let index = 0; index < evenLength; index += 2) {
    hash = mix(hash, text.charCodeAt(index) | (text.charCodeAt(index + 1) << 16));
  }
  if (evenLength < length) hash ^= scramble(text.charCodeAt(evenLength));
  return finish(hash ^ (length * 2));
}

function scramble(word: number): number {
  const product = Math.imul(word, 0xcc9e2d51);
  return Math.imul((product << 15) | (product >>> 17), 0x1b873593);
}

function mix(hash: number, word: number): number {
  const mixed = hash ^ scramble(word);
  return (Math.imul((mixed << 13) | (mixed >>> 19), 5) + 0xe6546b64) | 0;
}

function finish(hash: number): number {
  const once = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  const twice = Math.imul(once ^ (once >>> 13), 0xc2b2ae35);
  return (twice ^ (twice >>> 16)) >>> 0;
}
