/** Owns: counting numbers into buckets, and the bounds of those. */
import { StreamError } from "../../base/index.ts";
import type { StatCounter } from "./statistics.ts";

/** Counts numbers in the buckets [b0, b1), [b1, b2), ... [bn-1, bn]: the last one includes its end. */
export class Histogram {
  readonly bounds: readonly number[];
  readonly counts: number[];

  constructor(bounds: readonly number[]) {
    this.bounds = bounds;
    this.counts = new Array<number>(bounds.length - 1).fill(0);
  }

  /** Counts one number; one that is in no bucket, or is none, counts nowhere. */
  add(value: number): this {
    const { bounds } = this;
    let low = 0;
    let high = bounds.length - 1;
    if (!(value >= (bounds[low] ?? 0)) || value > (bounds[high] ?? 0)) return this;
    while (high - low > 1) {
      const middle = (low + high) >> 1;
      if (value >= (bounds[middle] ?? 0)) low = middle;
      else high = middle;
    }
    this.#count(low, 1);
    return this;
  }

  /** Adds the counts of another histogram with the same bounds. */
  merge(other: Histogram): this {
    other.counts.forEach((count, bucket) => this.#count(bucket, count));
    return this;
  }

  #count(bucket: number, count: number): void {
    this.counts[bucket] = (this.counts[bucket] ?? 0) + count;
  }
}

/** Throws `argument_invalid` unless there are two bounds or more, each greater than the one before it. */
export function checkBounds(bounds: readonly number[]): readonly number[] {
  if (
    bounds.length < 2 ||
    bounds.some((bound, index) => index > 0 && !(bound > (bounds[index - 1] ?? 0)))
  ) {
    throw new StreamError("argument_invalid", { bounds, expected: "two or more, ascending" });
  }
  return bounds;
}

/** Checks a number of buckets; throws `argument_invalid`. */
export function checkBucketCount(count: number): number {
  if (!Number.isSafeInteger(count) || count < 1) {
    throw new StreamError("argument_invalid", {
      buckets: count,
      expected: "a whole number of 1 or more",
    });
  }
  return count;
}

/**
 * The bounds of `count` buckets of one width from the smallest to the largest number; of one bucket where all are the
 * same. Throws `argument_invalid` where there is no width, because one of the numbers is infinite.
 */
export function evenBounds({ min, max }: StatCounter, count: number): readonly number[] {
  if (min === max) return [min, max];
  return checkBounds(
    Array.from({ length: count + 1 }, (_, index) =>
      index === count ? max : min + ((max - min) * index) / count,
    ),
  );
}
