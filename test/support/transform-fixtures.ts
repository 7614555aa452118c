/** Owns: the keys and the drawn bytes of tests of stores that compress and encrypt. */
import type { TransformOptions } from "../../src/store/index.ts";

/** A key of 32 bytes that counts up from its first. */
export const keyFrom = (first: number): Uint8Array =>
  Uint8Array.from({ length: 32 }, (_, index) => (first + index) % 256);

/** Salts that count: the same ones in each run. */
export function countedBytes(first = 0): (byteCount: number) => Uint8Array {
  let next = first;
  return (byteCount) => Uint8Array.from({ length: byteCount }, () => next++ % 256);
}

export const encrypted: TransformOptions = {
  encrypt: { keyId: "2026", keys: { "2026": keyFrom(0) } },
};
export const compressed: TransformOptions = { compress: "deflate" };
export const both: TransformOptions = { ...encrypted, ...compressed };
