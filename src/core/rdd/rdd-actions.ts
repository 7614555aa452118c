/**
 * Owns: the actions of a dataset: what computes it and gives a result to the driver.
 * Does not own: transformations (rdd.ts), running jobs (the environment).
 */
import { functionArgument, StreamError } from "../../base/index.ts";
import { compareKeys, KeyMap } from "../../codec/index.ts";
import { counting, foreachPartitionOf, taking } from "./actions.ts";
import { type Combined, checkPair, combineInto, joinInto, keyOf } from "./aggregator.ts";
import { copyOfZero, reducing } from "./aggregators.ts";
import type { PartitionBody } from "./environment.ts";
import type { FileWriter, OutputAttempt } from "./files.ts";
import { checkBounds, checkBucketCount, evenBounds, Histogram } from "./histogram.ts";
import { concatenated, ordered, orderedInSlices } from "./ordered.ts";
import { Pacer, visitAll } from "./pacer.ts";
import type { PartitionAction, PartWriting } from "./partition-action.ts";
import { RDDHandle } from "./rdd-handle.ts";
import { Reduction } from "./reduction.ts";
import type { Adding, NotPromise, Returned, TupleHint } from "./returned.ts";
import { saveParts, textWriter } from "./save.ts";
import { StatCounter } from "./statistics.ts";
import { checkRecordCount, drawSample } from "./take-sample.ts";
import type { OperatorSite } from "./task.ts";
import { guarded } from "./user-function.ts";

/** What the compiler says of a `foreach` with a function that waits. */
type ForeachHelp = "use foreachPartition for a function that returns a promise";

/** What takes a pair stream apart: the actions of datasets of [K, V] say so by their `this`. */
type Pairs<K, V> = RDDActions<[K, V]>;

/** The actions of a dataset. All of them run a job and reject with the error of the task that failed. */
export class RDDActions<T> extends RDDHandle<T> {
  /** All records, in the order of the partitions. */
  async collect(): Promise<T[]> {
    return concatenated(await this.#gatherAll());
  }

  /** How many records there are. */
  async count(): Promise<number> {
    const counts = await this.#run(allOf(this.node.partitionCount), counting, { kind: "count" });
    return counts.reduce((sum, count) => sum + count, 0);
  }

  /** The first record; throws `dataset_empty`. */
  async first(): Promise<T> {
    const [record] = this.#atLeastOne(await this.take(1));
    return record as T;
  }

  /**
   * The first `count` records; it computes no more partitions than it needs, nor records within one. Throws
   * `argument_invalid` for a negative count.
   */
  async take(count: number): Promise<T[]> {
    checkRecordCount(count);
    const taken: T[] = [];
    for (
      let partition = 0;
      partition < this.node.partitionCount && taken.length < count;
      partition++
    ) {
      const limit = count - taken.length;
      const [records = []] = await this.#gather([partition], limit);
      for (const record of records) taken.push(record);
    }
    return taken;
  }

  /** Whether there is no record. */
  async isEmpty(): Promise<boolean> {
    return (await this.take(1)).length === 0;
  }

  /**
   * The `count` smallest records, in order; compared as keys are, or by `compare`. Throws `argument_invalid` for a
   * negative count.
   */
  takeOrdered(count: number, compare: (a: T, b: T) => number = compareKeys): Promise<T[]> {
    return this.#smallest("takeOrdered", count, compare);
  }

  /** The `count` largest records, the largest first. Throws `argument_invalid` for a negative count. */
  top(count: number, compare: (a: T, b: T) => number = compareKeys): Promise<T[]> {
    return this.#smallest("top", count, (a, b) => compare(b, a));
  }

  /** The smallest record; throws `dataset_empty`. */
  min(compare: (a: T, b: T) => number = compareKeys): Promise<T> {
    return this.#chosen("min", (a, b) => (compare(b, a) < 0 ? b : a));
  }

  /** The largest record; throws `dataset_empty`. */
  max(compare: (a: T, b: T) => number = compareKeys): Promise<T> {
    return this.#chosen("max", (a, b) => (compare(b, a) > 0 ? b : a));
  }

  /** `count` records drawn at random, with or without replacement; the same for the same seed. */
  async takeSample(withReplacement: boolean, count: number, seed = 0): Promise<T[]> {
    return drawSample(await this.collect(), { withReplacement, count, seed });
  }

  /** All records as one, by an associative function; throws `dataset_empty`. */
  reduce(f: (left: T, right: T) => T): Promise<T> {
    return this.#reduced("reduce", f);
  }

  /**
   * All records as one, beginning with `zero` in each partition and once more on the driver; throws `argument_invalid`
   * for a zero that is no plain data.
   */
  fold(zero: T, f: (left: T, right: T) => T): Promise<T> {
    return this.#aggregated("fold", zero, f, f);
  }

  /**
   * All records as one value of another kind: `addRecord` within a partition, `merge` over partitions. Each partition
   * begins with a structured clone of `zero`, and the driver with another, so both functions may change their first
   * argument. Throws `argument_invalid` for a zero that is no plain data.
   */
  aggregate<U>(
    zero: U | TupleHint,
    addRecord: (total: U, record: T) => U | TupleHint,
    merge: (left: U, right: U) => U | TupleHint,
  ): Promise<U> {
    const [add, join] = [addRecord as Adding<U, T>, merge as Adding<U, U>];
    return this.#aggregated<U>("aggregate", zero as U, add, join);
  }

  /** As `reduce`; partial results are merged pairwise. In one process the tree has one level. */
  treeReduce(f: (left: T, right: T) => T): Promise<T> {
    return this.reduce(f);
  }

  /** As `aggregate`; partial results are merged pairwise. In one process the tree has one level. */
  treeAggregate<U>(
    zero: U | TupleHint,
    addRecord: (total: U, record: T) => U | TupleHint,
    merge: (left: U, right: U) => U | TupleHint,
  ): Promise<U> {
    return this.aggregate<U>(zero, addRecord, merge);
  }

  /** Calls `f` with each record, where the record is; it must not wait, as nobody would wait for it. */
  async foreach<R>(f: (record: T) => R & NotPromise<R, ForeachHelp>): Promise<void> {
    functionArgument("f", f);
    await this.runJob((input) => input.each(guarded(f, this.#site("foreach"), input.flow.task)));
  }

  /** Calls `f` once with the records of each partition, where they are, and waits for it. */
  async foreachPartition(f: (records: readonly T[], partition: number) => unknown): Promise<void> {
    functionArgument("f", f);
    await this.runJob(foreachPartitionOf(this.node, f));
  }

  /** How often each record is there. */
  async countByValue(): Promise<KeyMap<T, number>> {
    return this.#tally("countByValue", (record) => record);
  }

  /** The records partition by partition, each computed when the one before has been read. */
  async *toLocalIterator(): AsyncGenerator<T, void, undefined> {
    for (let partition = 0; partition < this.node.partitionCount; partition++) {
      yield* concatenated(await this.#gather([partition]));
    }
  }

  /**
   * Writes `directory/part-00000...`, a record a line. The directory appears when all is in it, with a manifest that names the
   * parts and with `_SUCCESS`. Throws `output_taken` when there is anything of that name already, but that within an
   * output operation a directory which the same output of the same batch has saved is left as it is.
   */
  saveAsTextFile(directory: string): Promise<void> {
    return saveParts(this.node, directory, textWriter, savedAs("text"));
  }

  /** Writes one file per partition in a format of one's own; as `saveAsTextFile`. */
  saveAsFiles(directory: string, writer: FileWriter<T>): Promise<void> {
    return saveParts(this.node, directory, writer);
  }

  /** Writes `directory/part-00000.avro...`: Avro object container files of the default codec; as `saveAsTextFile`. */
  saveAsObjectFile(directory: string): Promise<void> {
    return saveParts(
      this.node,
      directory,
      this.node.environment.files.objectWriter,
      savedAs("object"),
    );
  }

  /** The values of a key. */
  async lookup<K, V>(this: Pairs<K, V>, key: NoInfer<K>): Promise<V[]> {
    const wanted = new KeyMap<K, true>().set(key, true);
    const { partitioner, partitionCount } = this.node;
    const partitions =
      partitioner === undefined ? allOf(partitionCount) : [partitioner.partitionOf(key)];
    const parts = await this.node.environment.runJob(this.node, partitions, async (input) => {
      const values: V[] = [];
      const visit = (pair: readonly [K, V]): void => {
        if (wanted.has(keyOf(pair))) values.push(pair[1]);
      };
      await input.each(guarded(visit, this.#site("lookup"), input.flow.task));
      return values;
    });
    return parts.flat();
  }

  /** The pairs as a map by value; of several values of a key the last one stays. */
  async collectAsMap<K, V>(this: Pairs<K, V>): Promise<KeyMap<K, V>> {
    const map = new KeyMap<K, V>();
    const keep = (pair: readonly [K, V]): void => void map.set(keyOf(pair), pair[1]);
    const pairs = await this.collect();
    await this.#visitAll(pairs, guarded(keep, this.#site("collectAsMap"), undefined));
    return map;
  }

  /** How many pairs each key has. */
  async countByKey<K, V>(this: Pairs<K, V>): Promise<KeyMap<K, number>> {
    return this.#tally("countByKey", keyOf<K>);
  }

  /** The values of each key as one, as a map on the driver. */
  async reduceByKeyLocally<K, V>(
    this: Pairs<K, V>,
    f: (left: V, right: V) => Returned<V>,
  ): Promise<KeyMap<K, V>> {
    const site = this.#site("reduceByKeyLocally");
    const parts = await this.runJob(async (input) => {
      const part: Combined<K, V> = new KeyMap();
      const check = guarded(checkPair, site, input.flow.task);
      const add = combineInto(part, reducing(f), site, input.flow);
      await input.each((pair) => {
        check(pair);
        add(pair);
      });
      return part;
    });
    const combined: Combined<K, V> = new KeyMap();
    const join = joinInto(combined, reducing(f), site, { task: undefined });
    for (const part of parts) await this.#visitAll(part, join);
    const map = new KeyMap<K, V>();
    await this.#visitAll(combined, ([key, { value }]) => map.set(key, value));
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
   * largest; of numbers that are all the same, one bucket from and to there. Throws `argument_invalid` for bounds that do
   * not ascend, `dataset_empty` for a number of buckets of nothing.
   */
  async histogram(
    this: RDDActions<number>,
    buckets: number | readonly number[],
  ): Promise<{ bounds: readonly number[]; counts: number[] }> {
    const bounds =
      typeof buckets === "number" ? await this.#evenBounds(buckets) : checkBounds(buckets);
    const parts = await this.runJob(async (input) => {
      const histogram = new Histogram(bounds);
      await input.each((value) => {
        histogram.add(value);
      });
      return histogram;
    });
    const { counts } = parts.reduce((left, right) => left.merge(right), new Histogram(bounds));
    return { bounds, counts };
  }

  async #evenBounds(this: RDDActions<number>, buckets: number): Promise<readonly number[]> {
    checkBucketCount(buckets);
    const stats = await this.stats();
    if (stats.count === 0) throw this.#empty();
    return evenBounds(stats, buckets);
  }

  /** Runs `body` over every partition; results come in the order of the partitions. */
  protected runJob<R>(body: PartitionBody<T, R>): Promise<R[]> {
    return this.#run(allOf(this.node.partitionCount), body);
  }

  /** What errors of an action name: the operator that made the dataset, and what was being done with it. */
  #site(action: string): OperatorSite {
    return { ...this.node.site, kind: action };
  }

  async #smallest(action: string, count: number, compare: (a: T, b: T) => number): Promise<T[]> {
    checkRecordCount(count);
    functionArgument("compare", compare);
    const site = this.#site(action);
    const parts = await this.runJob(async (input) => {
      const call = guarded(compare, site, input.flow.task);
      let smallest: T[] = [];
      await input.each((record) => {
        smallest.push(record);
        if (smallest.length >= 4 * count + 64) smallest = ordered(smallest, call).slice(0, count);
      });
      return (await orderedInSlices(smallest, call, input.flow.pacer)).slice(0, count);
    });
    const call = guarded(compare, site, undefined);
    const pacer = Pacer.onDriver(this.node.environment.clock);
    return (await orderedInSlices(concatenated(parts), call, pacer)).slice(0, count);
  }

  /** One of the records, by a function that compares two and changes neither. */
  async #chosen(action: string, f: (left: T, right: T) => T): Promise<T> {
    const site = this.#site(action);
    const parts = await this.runJob(async (input) => {
      const call = guarded(f, site, input.flow.task);
      const kept: T[] = [];
      await input.each((record) => {
        kept[0] = kept.length === 0 ? record : call(kept[0] as T, record);
      });
      return kept;
    });
    const call = guarded(f, site, undefined);
    return this.#atLeastOne(parts.flat()).reduce((left, right) => call(left, right));
  }

  async #reduced(action: string, f: (left: T, right: T) => T): Promise<T> {
    functionArgument("f", f);
    const site = this.#site(action);
    const parts = await this.runJob(async (input) => {
      const reduction = new Reduction<T, T>(f, site, input.flow.task);
      await input.each((record) => {
        reduction.add(record);
      });
      return reduction.result;
    });
    const reduction = new Reduction<T, T>(f, site, undefined);
    for (const part of parts) if (part !== undefined) reduction.join(part);
    if (reduction.result === undefined) throw this.#empty();
    return reduction.result.value;
  }

  async #aggregated<U>(
    action: string,
    zero: U,
    addRecord: (total: U, record: T) => U,
    merge: (left: U, right: U) => U,
  ): Promise<U> {
    functionArgument("addRecord", addRecord);
    functionArgument("merge", merge);
    const first = { value: copyOfZero(zero), isShared: false };
    const site = this.#site(action);
    const parts = await this.runJob(async (input) => {
      const total = { value: copyOfZero(zero), isShared: false };
      const reduction = new Reduction<U, T>(addRecord, site, input.flow.task, total);
      await input.each((record) => {
        reduction.add(record);
      });
      return total;
    });
    const reduction = new Reduction<U, U>(merge, site, undefined, first);
    for (const part of parts) reduction.join(part);
    return first.value;
  }

  /** Visits records on the driver, where nothing else could happen meanwhile if it were done at once. */
  #visitAll<R>(records: Iterable<R>, visit: (record: R) => void): Promise<void> {
    return visitAll(records, Pacer.onDriver(this.node.environment.clock), visit);
  }

  #run<R>(
    partitions: readonly number[],
    body: PartitionBody<T, R>,
    action?: PartitionAction,
  ): Promise<R[]> {
    return this.node.environment.runJob(this.node, partitions, body, action);
  }

  #gatherAll(): Promise<T[][]> {
    return this.#gather(allOf(this.node.partitionCount));
  }

  #gather(partitions: readonly number[], limit?: number): Promise<T[][]> {
    return this.#run(partitions, taking<T>(limit), { kind: "records", limit });
  }

  async #tally<K>(action: string, keyOf: (record: T) => K): Promise<KeyMap<K, number>> {
    const parts = await this.runJob(async (input) => {
      const counts = new KeyMap<K, number>();
      const add = (record: T): void => counts.update(keyOf(record), (count) => (count ?? 0) + 1);
      await input.each(guarded(add, this.#site(action), input.flow.task));
      return counts;
    });
    const [total = new KeyMap<K, number>(), ...others] = parts;
    for (const part of others) {
      await this.#visitAll(part, ([key, count]) => total.update(key, (sum) => (sum ?? 0) + count));
    }
    return total;
  }

  #atLeastOne(records: T[]): T[] {
    if (records.length === 0) throw this.#empty();
    return records;
  }

  #empty(): StreamError {
    return new StreamError("dataset_empty", { operator: this.node.site.uid });
  }
}

/** Part files of a form that every process knows. */
function savedAs(writing: PartWriting): (attempt: OutputAttempt) => PartitionAction {
  return (attempt) => ({ kind: "save", attempt, writing });
}

/** The partitions 0 to count - 1. */
function allOf(partitionCount: number): readonly number[] {
  return Array.from({ length: partitionCount }, (_, partition) => partition);
}
