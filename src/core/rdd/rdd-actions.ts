/**
 * Owns: the actions of a dataset: what computes it and gives a result to the driver.
 * Does not own: transformations (rdd.ts), running jobs (the environment).
 */
import { StreamError } from "../../base/index.ts";
import { compareKeys, KeyMap } from "../../codec/index.ts";
import type { PartitionBody } from "./environment.ts";
import type { FileWriter } from "./files.ts";
import type { RDDNode } from "./node.ts";
import { saveParts, textWriter } from "./save.ts";
import { histogramCounts, StatCounter } from "./statistics.ts";
import { drawSample } from "./take-sample.ts";
import { guarded } from "./user-function.ts";

/** What takes a pair stream apart: the actions of datasets of [K, V] say so by their `this`. */
type Pairs<K, V> = RDDActions<[K, V]>;

/** The actions of a dataset. All of them run a job and reject with the error of the task that failed. */
export class RDDActions<T> {
  /** The lineage behind this dataset; for operators of one's own. */
  readonly node: RDDNode<T>;

  constructor(node: RDDNode<T>) {
    this.node = node;
  }

  /** All records, in the order of the partitions. */
  async collect(): Promise<T[]> {
    return (await this.#gatherAll()).flat();
  }

  /** How many records there are. */
  async count(): Promise<number> {
    const counts = await this.runJob(async (input) => {
      let count = 0;
      await input.each(() => {
        count++;
      });
      return count;
    });
    return counts.reduce((sum, count) => sum + count, 0);
  }

  /** The first record; throws `dataset_empty`. */
  async first(): Promise<T> {
    const [record] = await this.#atLeastOne(await this.take(1));
    return record as T;
  }

  /** The first `count` records; it computes no more partitions than it needs, nor records within one. */
  async take(count: number): Promise<T[]> {
    const taken: T[] = [];
    for (
      let partition = 0;
      partition < this.node.partitionCount && taken.length < count;
      partition++
    ) {
      await this.#run([partition], (input) =>
        input.each((record) => {
          taken.push(record);
          if (taken.length >= count) input.flow.stopped = true;
        }),
      );
    }
    return taken.slice(0, Math.max(0, count));
  }

  /** Whether there is no record. */
  async isEmpty(): Promise<boolean> {
    return (await this.take(1)).length === 0;
  }

  /** The `count` smallest records, in order; compared as keys are, or by `compare`. */
  async takeOrdered(count: number, compare: (a: T, b: T) => number = compareKeys): Promise<T[]> {
    const parts = await this.runJob(async (input) => {
      let smallest: T[] = [];
      await input.each((record) => {
        smallest.push(record);
        if (smallest.length >= 4 * count + 64) smallest = smallest.sort(compare).slice(0, count);
      });
      return smallest.sort(compare).slice(0, count);
    });
    return parts.flat().sort(compare).slice(0, count);
  }

  /** The `count` largest records, the largest first. */
  top(count: number, compare: (a: T, b: T) => number = compareKeys): Promise<T[]> {
    return this.takeOrdered(count, (a, b) => compare(b, a));
  }

  /** The smallest record; throws `dataset_empty`. */
  async min(compare: (a: T, b: T) => number = compareKeys): Promise<T> {
    return this.reduce((a, b) => (compare(b, a) < 0 ? b : a));
  }

  /** The largest record; throws `dataset_empty`. */
  async max(compare: (a: T, b: T) => number = compareKeys): Promise<T> {
    return this.reduce((a, b) => (compare(b, a) > 0 ? b : a));
  }

  /** `count` records drawn at random, with or without replacement; the same for the same seed. */
  async takeSample(withReplacement: boolean, count: number, seed = 0): Promise<T[]> {
    return drawSample(await this.collect(), { withReplacement, count, seed });
  }

  /** All records as one, by an associative function; throws `dataset_empty`. */
  async reduce(f: (left: T, right: T) => T): Promise<T> {
    const parts = await this.runJob(async (input) => {
      const call = guarded(f, this.node.site, input.flow.task);
      const kept: T[] = [];
      await input.each((record) => {
        kept[0] = kept.length === 0 ? record : call(kept[0] as T, record);
      });
      return kept;
    });
    return (await this.#atLeastOne(parts.flat())).reduce((left, right) => f(left, right));
  }

  /** All records as one, beginning with `zero` in each partition and once more on the driver. */
  fold(zero: T, f: (left: T, right: T) => T): Promise<T> {
    return this.aggregate(zero, f, f);
  }

  /**
   * All records as one value of another kind: `addRecord` within a partition, `merge` over partitions. Each partition
   * begins with a structured clone of `zero`, so both functions may change their first argument.
   */
  async aggregate<U>(
    zero: U,
    addRecord: (total: U, record: T) => U,
    merge: (left: U, right: U) => U,
  ): Promise<U> {
    const parts = await this.runJob(async (input) => {
      const call = guarded(addRecord, this.node.site, input.flow.task);
      let total = structuredClone(zero);
      await input.each((record) => {
        total = call(total, record);
      });
      return total;
    });
    return parts.reduce((left, right) => merge(left, right), structuredClone(zero));
  }

  /** As `reduce`; partial results are merged pairwise. In one process the tree has one level. */
  treeReduce(f: (left: T, right: T) => T): Promise<T> {
    return this.reduce(f);
  }

  /** As `aggregate`; partial results are merged pairwise. In one process the tree has one level. */
  treeAggregate<U>(
    zero: U,
    addRecord: (total: U, record: T) => U,
    merge: (left: U, right: U) => U,
  ): Promise<U> {
    return this.aggregate(zero, addRecord, merge);
  }

  /** Calls `f` with each record, where the record is. */
  async foreach(f: (record: T) => void): Promise<void> {
    await this.runJob((input) => input.each(guarded(f, this.node.site, input.flow.task)));
  }

  /** Calls `f` once with the records of each partition, where they are, and waits for it. */
  async foreachPartition(
    f: (records: readonly T[], partition: number) => void | Promise<void>,
  ): Promise<void> {
    await this.runJob(async (input) => {
      const records: T[] = [];
      await input.each((record) => {
        records.push(record);
      });
      await guarded(f, this.node.site, input.flow.task)(records, input.partition);
    });
  }

  /** How often each record is there. */
  async countByValue(): Promise<KeyMap<T, number>> {
    return this.#tally((record) => record);
  }

  /** The records partition by partition, each computed when the one before has been read. */
  async *toLocalIterator(): AsyncGenerator<T, void, undefined> {
    for (let partition = 0; partition < this.node.partitionCount; partition++) {
      yield* (await this.#gather([partition])).flat();
    }
  }

  /** Writes `directory/part-00000...`, a record a line. */
  saveAsTextFile(directory: string): Promise<void> {
    return this.saveAsFiles(directory, textWriter);
  }

  /** Writes one file per partition in a format of one's own. */
  saveAsFiles(directory: string, writer: FileWriter<T>): Promise<void> {
    return saveParts(this.node, directory, writer);
  }

  /** Writes `directory/part-00000.avro...`: Avro object container files of the default codec, readable by any Avro tool. */
  saveAsObjectFile(directory: string): Promise<void> {
    return this.saveAsFiles(directory, this.node.environment.files.objectWriter);
  }

  /** The values of a key. */
  async lookup<K, V>(this: Pairs<K, V>, key: K): Promise<V[]> {
    const wanted = new KeyMap<K, true>().set(key, true);
    const { partitioner, partitionCount } = this.node;
    const partitions =
      partitioner === undefined ? allOf(partitionCount) : [partitioner.partitionOf(key)];
    const parts = await this.node.environment.runJob(this.node, partitions, async (input) => {
      const values: V[] = [];
      await input.each(([other, value]) => {
        if (wanted.has(other)) values.push(value);
      });
      return values;
    });
    return parts.flat();
  }

  /** The pairs as a map by value; of several values of a key the last one stays. */
  async collectAsMap<K, V>(this: Pairs<K, V>): Promise<KeyMap<K, V>> {
    const map = new KeyMap<K, V>();
    for (const [key, value] of await this.collect()) map.set(key, value);
    return map;
  }

  /** How many pairs each key has. */
  async countByKey<K, V>(this: Pairs<K, V>): Promise<KeyMap<K, number>> {
    return this.#tally(([key]) => key);
  }

  /** The values of each key as one, as a map on the driver. */
  async reduceByKeyLocally<K, V>(
    this: Pairs<K, V>,
    f: (left: V, right: V) => V,
  ): Promise<KeyMap<K, V>> {
    const map = new KeyMap<K, V>();
    const call = guarded(f, this.node.site, undefined);
    for (const [key, value] of await this.collect()) {
      map.set(key, map.has(key) ? call(map.get(key) as V, value) : value);
    }
    return map;
  }

  /** Count, mean, variance, smallest and largest of numbers, in one pass. */
  async stats(this: RDDActions<number>): Promise<StatCounter> {
    const parts = await this.runJob(async (input) => {
      const counter = new StatCounter();
      await input.each((value) => {
        counter.add(value);
      });
      return counter;
    });
    return parts.reduce((left, right) => left.merge(right), new StatCounter());
  }

  /** The sum of numbers; 0 without records. */
  async sum(this: RDDActions<number>): Promise<number> {
    return this.fold(0, (left, right) => left + right);
  }

  /** The mean of numbers; NaN without records. */
  async mean(this: RDDActions<number>): Promise<number> {
    const stats = await this.stats();
    return stats.count === 0 ? Number.NaN : stats.mean;
  }

  /** The variance of numbers as a whole population. */
  async variance(this: RDDActions<number>): Promise<number> {
    return (await this.stats()).variance;
  }

  /** The standard deviation of numbers as a whole population. */
  async stdev(this: RDDActions<number>): Promise<number> {
    return (await this.stats()).stdev;
  }

  /** The variance that the numbers as a sample estimate. */
  async sampleVariance(this: RDDActions<number>): Promise<number> {
    return (await this.stats()).sampleVariance;
  }

  /** The standard deviation that the numbers as a sample estimate. */
  async sampleStdev(this: RDDActions<number>): Promise<number> {
    return (await this.stats()).sampleStdev;
  }

  /**
   * Counts numbers into buckets: these bounds (ascending), or that many buckets of one width between the smallest and the
   * largest. Throws `argument_invalid` for bounds that do not ascend, `dataset_empty` for a number of buckets of nothing.
   */
  async histogram(
    this: RDDActions<number>,
    buckets: number | readonly number[],
  ): Promise<{ bounds: readonly number[]; counts: number[] }> {
    const bounds = typeof buckets === "number" ? evenBounds(await this.stats(), buckets) : buckets;
    if (
      bounds.length < 2 ||
      bounds.some((bound, index) => index > 0 && !(bound > (bounds[index - 1] ?? 0)))
    ) {
      throw new StreamError("argument_invalid", { bounds, expected: "two or more, ascending" });
    }
    return { bounds, counts: histogramCounts(bounds, await this.collect()) };
  }

  /** Runs `body` over every partition; results come in the order of the partitions. */
  protected runJob<R>(body: PartitionBody<T, R>): Promise<R[]> {
    return this.#run(allOf(this.node.partitionCount), body);
  }

  #run<R>(partitions: readonly number[], body: PartitionBody<T, R>): Promise<R[]> {
    return this.node.environment.runJob(this.node, partitions, body);
  }

  #gatherAll(): Promise<(readonly T[])[]> {
    return this.#gather(allOf(this.node.partitionCount));
  }

  #gather(partitions: readonly number[]): Promise<(readonly T[])[]> {
    return this.#run(partitions, async (input) => {
      const records: T[] = [];
      await input.each((record) => {
        records.push(record);
      });
      return records;
    });
  }

  async #tally<K>(keyOf: (record: T) => K): Promise<KeyMap<K, number>> {
    const parts = await this.runJob(async (input) => {
      const counts = new KeyMap<K, number>();
      await input.each((record) => {
        const key = keyOf(record);
        counts.set(key, (counts.get(key) ?? 0) + 1);
      });
      return counts;
    });
    const total = new KeyMap<K, number>();
    for (const part of parts) {
      part.forEach((count, key) => total.set(key, (total.get(key) ?? 0) + count));
    }
    return total;
  }

  async #atLeastOne(records: T[]): Promise<T[]> {
    if (records.length === 0)
      throw new StreamError("dataset_empty", { operator: this.node.site.uid });
    return records;
  }
}

/** The partitions 0 to count - 1. */
function allOf(partitionCount: number): readonly number[] {
  return Array.from({ length: partitionCount }, (_, partition) => partition);
}

function evenBounds(stats: StatCounter, count: number): readonly number[] {
  if (stats.count === 0) throw new StreamError("dataset_empty", { action: "histogram" });
  const { min, max } = stats;
  if (min === max) return [min, max + 1];
  return Array.from({ length: count + 1 }, (_, index) =>
    index === count ? max : min + ((max - min) * index) / count,
  );
}
