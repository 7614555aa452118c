/**
 * Owns: what a range of source positions is, and the decision of what to store of a block that
 * carries one.
 * Does not own: the positions themselves (block-tracker.ts).
 */
import { StreamError } from "../base/index.ts";

/**
 * Where the records of a block stand in their source: in this source partition, `from` (inclusive)
 * to `until` (exclusive), one position per record.
 */
export interface SourceRange {
  readonly partition: string;
  readonly from: number;
  readonly until: number;
}

/**
 * What to do with a block: store it without its first `skip` records, nothing at all, or refuse it.
 */
export type PositionDecision =
  | { readonly kind: "store"; readonly skip: number }
  | { readonly kind: "covered" }
  | { readonly kind: "gap"; readonly expected: number };

/**
 * Positions below `expected` have been registered and are trimmed; positions may not be left out. A
 * source partition begins wherever its first block begins (`expected` undefined).
 */
export function decidePosition(expected: number | undefined, range: SourceRange): PositionDecision {
  if (expected === undefined || range.from === expected) {
    return range.until === range.from ? { kind: "covered" } : { kind: "store", skip: 0 };
  }
  if (range.from > expected) return { kind: "gap", expected };
  if (range.until <= expected) return { kind: "covered" };
  return { kind: "store", skip: expected - range.from };
}

/** Throws `position_invalid` when the range is none, or has not one position per record. */
export function checkSourceRange(range: SourceRange, recordCount?: number): void {
  const { partition, from, until } = range;
  const isRange = Number.isSafeInteger(from) && Number.isSafeInteger(until) && from <= until;
  const fits = recordCount === undefined || until - from === recordCount;
  if (typeof partition !== "string" || !isRange || !fits) {
    throw new StreamError("position_invalid", { partition, from, until, recordCount });
  }
}
