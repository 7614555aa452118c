/** Owns: how keys are told apart into partitions. */
import { objectWithMethods, StreamError } from "../../base/index.ts";
import { compareKeys, hashKey, keyGroupCount, keyGroupOf } from "../../codec/index.ts";
import { ordered } from "./ordered.ts";

/** Tells the partition of a key. Two equal partitioners put equal keys into the same partition. */
export interface Partitioner {
  readonly partitionCount: number;
  partitionOf(key: unknown): number;
  equals(other: Partitioner): boolean;
}

/** Checks a number of partitions; throws `argument_invalid`. */
export function checkPartitionCount(partitionCount: number): number {
  if (!Number.isSafeInteger(partitionCount) || partitionCount < 1) {
    throw new StreamError("argument_invalid", {
      partitionCount,
      expected: "a whole number of 1 or more",
    });
  }
  return partitionCount;
}

/** The partition of a key is its hash modulo the number of partitions; null goes to partition 0. */
export class HashPartitioner implements Partitioner {
  readonly partitionCount: number;

  constructor(partitionCount: number) {
    this.partitionCount = checkPartitionCount(partitionCount);
  }

  partitionOf(key: unknown): number {
    return this.partitionCount === 1 ? 0 : hashKey(key) % this.partitionCount;
  }

  equals(other: Partitioner): boolean {
    return other instanceof HashPartitioner && other.partitionCount === this.partitionCount;
  }
}

/**
 * That many partitions by a partitioner of this class, or the partitioner that is given; throws `argument_invalid` for what
 * is neither.
 */
export function partitionerOf(
  partitioning: number | Partitioner,
  byCount: new (partitionCount: number) => Partitioner,
): Partitioner {
  if (typeof partitioning === "number") return new byCount(partitioning);
  const expected = "a number of partitions, or a Partitioner";
  if (typeof partitioning !== "object" || partitioning === null) {
    throw new StreamError("argument_invalid", { partitioning, expected });
  }
  objectWithMethods("partitioner", partitioning, ["partitionOf", "equals"]);
  checkPartitionCount(partitioning.partitionCount);
  return partitioning;
}

/**
 * The partitioner of keyed state: keys hash to a fixed number of key groups, and a partition owns a range of groups, so
 * that state can be handed to another number of partitions group by group.
 */
export class KeyGroupPartitioner implements Partitioner {
  readonly partitionCount: number;

  /** Throws `argument_invalid` for more partitions than there are key groups. */
  constructor(partitionCount: number) {
    this.partitionCount = checkPartitionCount(partitionCount);
    if (partitionCount > keyGroupCount) {
      throw new StreamError("argument_invalid", {
        partitionCount,
        expected: `at most ${keyGroupCount}`,
      });
    }
  }

  partitionOf(key: unknown): number {
    if (this.partitionCount === 1) return 0;
    return Math.floor((keyGroupOf(key) * this.partitionCount) / keyGroupCount);
  }

  equals(other: Partitioner): boolean {
    return other instanceof KeyGroupPartitioner && other.partitionCount === this.partitionCount;
  }
}

/** A partitioner of a kind that every process knows. Plain data. */
export interface PartitionerDescription {
  readonly kind: "hash" | "key groups";
  readonly partitionCount: number;
}

/** What another process has to know of a partitioner; undefined for one that only this process knows. */
export function describePartitioner(partitioner: Partitioner): PartitionerDescription | undefined {
  const { partitionCount } = partitioner;
  // A class derived from one of these may tell partitions in its own way.
  const form = partitioner.constructor;
  if (form === HashPartitioner) return { kind: "hash", partitionCount };
  if (form === KeyGroupPartitioner) return { kind: "key groups", partitionCount };
  return undefined;
}

/** The partitioner that was described. */
export function describedPartitioner(description: PartitionerDescription): Partitioner {
  const { kind, partitionCount } = description;
  return kind === "hash"
    ? new HashPartitioner(partitionCount)
    : new KeyGroupPartitioner(partitionCount);
}

/**
 * Keys up to the first bound go to partition 0, up to the second to partition 1, and so on (the other way round when
 * descending); it is how a sort is shared out.
 */
export class RangePartitioner implements Partitioner {
  readonly #bounds: readonly unknown[];
  readonly #ascending: boolean;

  /** Throws `argument_invalid` unless each of the bounds is greater than the one before it. */
  constructor(bounds: readonly unknown[], ascending = true) {
    if (bounds.some((bound, index) => index > 0 && compareKeys(bounds[index - 1], bound) >= 0)) {
      throw new StreamError("argument_invalid", { bounds, expected: "ascending bounds" });
    }
    this.#bounds = bounds;
    this.#ascending = ascending;
  }

  /** The bounds between the partitions, ascending. */
  get bounds(): readonly unknown[] {
    return this.#bounds;
  }

  get partitionCount(): number {
    return this.#bounds.length + 1;
  }

  partitionOf(key: unknown): number {
    let low = 0;
    let high = this.#bounds.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (compareKeys(key, this.#bounds[middle]) > 0) low = middle + 1;
      else high = middle;
    }
    return this.#ascending ? low : this.#bounds.length - low;
  }

  equals(other: Partitioner): boolean {
    return (
      other instanceof RangePartitioner &&
      other.#ascending === this.#ascending &&
      other.#bounds.length === this.#bounds.length &&
      other.#bounds.every((bound, index) => compareKeys(bound, this.#bounds[index]) === 0)
    );
  }

  /** The range partitioner for `partitionCount` parts of about the same size, told by a sample of the keys. */
  static ofSample(
    sample: readonly unknown[],
    partitionCount: number,
    ascending: boolean,
  ): RangePartitioner {
    const sorted = ordered(sample, compareKeys);
    const bounds: unknown[] = [];
    for (let part = 1; part < partitionCount && sorted.length > 0; part++) {
      const bound = sorted[Math.ceil((part * sorted.length) / partitionCount) - 1];
      if (bounds.length === 0 || compareKeys(bound, bounds.at(-1)) > 0) bounds.push(bound);
    }
    return new RangePartitioner(bounds, ascending);
  }
}
