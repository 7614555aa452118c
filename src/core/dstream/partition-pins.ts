/**
 * Owns: how many partitions the shuffles and states of a batch have: what an allocation keeps of it, and what a batch of an
 * earlier life has to keep, whatever the program says by now.
 * Does not own: the journal that keeps it, the operators that go by it (operators/).
 *
 * Invariant: I1 a batch that was begun has the same partitions in every life, so that what a sink noted by partition holds.
 */
import {
  HashPartitioner,
  KeyGroupPartitioner,
  type Partitioner,
  type Partitioning,
} from "../rdd/index.ts";

/** Numbers of partitions, by the uid of the operator; 0 for one that takes those of what it is made of. */
export type PartitionPins = Readonly<Record<string, number>>;

/** What the default parallelism of a batch is kept under; no operator has this uid. */
export const defaultPin = "*";

/** Where the result of an operator goes, as the program says. */
export interface PartitionFacts {
  /** 0 where the program says nothing, so that it is that of what the operator is made of, or the default. */
  readonly count: number;
  /** Whether a partitioner of the program's own tells the partition of a key: it has one number of them. */
  readonly isOwn: boolean;
}

export function partitionFactsOf(partitioning: Partitioning | undefined): PartitionFacts {
  if (partitioning === undefined) return { count: 0, isOwn: false };
  if (typeof partitioning === "number") return { count: partitioning, isOwn: false };
  return { count: partitioning.partitionCount, isOwn: resized(partitioning, 1) === undefined };
}

/** Of these streams, by what they are called: into how many partitions they put their datasets. */
export function partitionFactsIn(
  names: ReadonlyMap<{ readonly partitionFacts: PartitionFacts | undefined }, string>,
): ReadonlyMap<string, PartitionFacts> {
  const facts = new Map<string, PartitionFacts>();
  for (const [{ partitionFacts }, name] of names) {
    if (partitionFacts !== undefined) facts.set(name, partitionFacts);
  }
  return facts;
}

/** What a batch that is begun with these has to keep. */
export function pinsOf(
  facts: ReadonlyMap<string, PartitionFacts>,
  defaultParallelism: number,
): PartitionPins {
  const counts = [...facts].map(([name, { count }]) => [name, count] as const);
  return { ...Object.fromEntries(counts), [defaultPin]: defaultParallelism };
}

/** The same partitioner with that many partitions; undefined for one of the program's own. */
export function resized(partitioner: Partitioner, count: number): Partitioner | undefined {
  // A class derived from one of these may tell partitions in its own way.
  if (partitioner.constructor === HashPartitioner) return new HashPartitioner(count);
  if (partitioner.constructor === KeyGroupPartitioner) return new KeyGroupPartitioner(count);
  return undefined;
}

/** What the program says, with the number that a batch was begun with. */
export function pinnedPartitioning(
  partitioning: Partitioning | undefined,
  count: number,
): Partitioning | undefined {
  if (count === 0) return undefined;
  if (partitioning === undefined || typeof partitioning === "number") return count;
  return resized(partitioning, count) ?? partitioning;
}

/** The batches of earlier lives, with their numbers. */
export class PinnedBatches {
  readonly #pins = new Map<number, PartitionPins>();

  /** One whose numbers nobody noted has those of the program. */
  adopt(timeMs: number, pins: PartitionPins): void {
    if (Object.hasOwn(pins, defaultPin)) this.#pins.set(timeMs, pins);
  }

  at(timeMs: number): PartitionPins | undefined {
    return this.#pins.get(timeMs);
  }

  get all(): readonly (readonly [timeMs: number, pins: PartitionPins])[] {
    return [...this.#pins];
  }

  /** What was kept for times up to `untilMs` may go. */
  forget(untilMs: number): void {
    for (const timeMs of this.#pins.keys()) if (timeMs <= untilMs) this.#pins.delete(timeMs);
  }
}
