/** Owns: that both sides of a comparison did the same work. */
import { isDeepStrictEqual } from "node:util";

/** Throws where two lists of pairs are not the same pairs, in whatever order. */
export function assertSamePairs(left: unknown, right: unknown): void {
  const [a, b] = [left, right].map((pairs) => new Map(pairs as [unknown, unknown][]));
  if (a?.size === 0 || !isDeepStrictEqual(a, b))
    throw new Error("the sides differ in what they computed");
}
