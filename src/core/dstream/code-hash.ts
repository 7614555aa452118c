/**
 * Owns: telling whether a function of the program has changed: by the hash of its source.
 * Does not own: what follows from a change (src/checkpoint).
 *
 * A function that is made by another one may do something else with the same source, by what it closes over; a program
 * that is compiled otherwise, or a comment, changes the source and nothing else. So a hash is a hint for people.
 */
import { createHash } from "node:crypto";

/** A function of the program, of any type. */
export type AnyFunction = (...args: never[]) => unknown;

const digits = 16;

/** A hash over the sources of functions, in order; undefined where there are none. */
export function codeHashOf(functions: readonly AnyFunction[]): string | undefined {
  if (functions.length === 0) return undefined;
  return shortHash(functions.map((f) => Function.prototype.toString.call(f)));
}

/** 16 hexadecimal digits that tell one value from another, as far as JSON does. */
export function shortHash(value: unknown): string {
  return createHash("sha256").update(JSON.stringify(value)).digest("hex").slice(0, digits);
}
