/** Owns: the random port. Whoever draws at random is given the generator, or the seed that makes it. */
import { randomUUID } from "node:crypto";
import { uniformFloat64 } from "pure-rand/distribution/uniformFloat64";
import { uniformInt } from "pure-rand/distribution/uniformInt";
import { xoroshiro128plus } from "pure-rand/generator/xoroshiro128plus";

/** Where random numbers come from. */
export interface Random {
  /** A number of 0 or more and less than 1. */
  next(): number;
  /** A whole number from `from` to `to`, both included. */
  nextInt(from: number, to: number): number;
}

/** A name that nobody else has, in this process or any other; not for what has to come out the same again. */
export function uniqueName(): string {
  return randomUUID();
}

/** A generator that draws the same numbers for the same parts of a seed. */
export function seededRandom(...seed: readonly (number | string | undefined)[]): Random {
  const generator = xoroshiro128plus(seedOf(seed.join("\u0000")));
  return {
    next: () => uniformFloat64(generator),
    nextInt: (from, to) => uniformInt(generator, from, to),
  };
}

/**
 * FNV-1a, finished as MurmurHash3 is: FNV alone gives seeds that differ in their last character numbers of a fixed
 * difference, and generators with such seeds begin alike.
 */
function seedOf(text: string): number {
  let hash = 0x811c9dc5;
  for (let index = 0; index < text.length; index++) {
    hash = Math.imul(hash ^ text.charCodeAt(index), 0x01000193);
  }
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return (hash ^ (hash >>> 16)) | 0;
}
