/**
 * Owns: the fluent class of a dataset: every transformation is a line that makes a node of the lineage.
 * Does not own: the operators (operators/), the actions (rdd-actions.ts).
 */
import { StreamError } from "../../base/index.ts";
import { compareKeys } from "../../codec/index.ts";
import {
  type StorageLevel,
  type StorageLevelName,
  StorageLevels,
  storageLevel,
} from "../storage-level.ts";
import type { Aggregator } from "./aggregator.ts";
import { aggregating, grouping, keepingFirst, reducing } from "./aggregators.ts";
import {
  grouped,
  intersected,
  type JoinKind,
  joined,
  subtracted,
  subtractedByKey,
} from "./joins.ts";
import { lineageText } from "./lineage-text.ts";
import type { RDDNode } from "./node.ts";
import { CartesianNode } from "./operators/cartesian.ts";
import { CoalesceNode } from "./operators/coalesce.ts";
import { CombineByKeyNode } from "./operators/combine-by-key.ts";
import { FilterNode } from "./operators/filter.ts";
import { FlatMapNode } from "./operators/flat-map.ts";
import { FlatMapValuesNode } from "./operators/flat-map-values.ts";
import { MapNode } from "./operators/map.ts";
import { MapAsyncNode } from "./operators/map-async.ts";
import { MapPartitionsNode, type PartitionResult } from "./operators/map-partitions.ts";
import { MapValuesNode } from "./operators/map-values.ts";
import { partitionedBy } from "./operators/partition-by.ts";
import { PipeNode } from "./operators/pipe.ts";
import { RepartitionNode } from "./operators/repartition.ts";
import { SampleNode, SliceOfSampleNode } from "./operators/sample.ts";
import { RepartitionAndSortNode, SortByKeyNode } from "./operators/sort.ts";
import { unionOf } from "./operators/union.ts";
import { ZipNode, ZipPartitionsNode } from "./operators/zip.ts";
import { ZipWithIndexNode, ZipWithUniqueIdNode } from "./operators/zip-with-index.ts";
import { HashPartitioner, type Partitioner } from "./partitioner.ts";
import { RDDActions } from "./rdd-actions.ts";
import type { NotPromise } from "./user-function.ts";

/** Where the result of a shuffle goes: that many partitions by hash, or those of a partitioner. */
export type Partitioning = number | Partitioner;

/** A dataset: immutable, in partitions, computed from its lineage whenever an action needs it. */
export class RDD<T> extends RDDActions<T> {
  /** Its number within the DataContext. */
  get id(): number {
    return this.node.id;
  }

  get partitionCount(): number {
    return this.node.partitionCount;
  }

  get partitioner(): Partitioner | undefined {
    return this.node.partitioner;
  }

  get name(): string | undefined {
    return this.node.name;
  }

  /** Gives it a name for people. */
  setName(name: string): this {
    this.node.name = name;
    return this;
  }

  /** The lineage as text, an indented line per dataset. */
  toDebugString(): string {
    return lineageText(this.node);
  }

  get storageLevel(): StorageLevel {
    return this.node.storageLevel;
  }

  /** Keeps its partitions from their first computation on; throws `storage_level_unknown`, `storage_level_fixed`. */
  persist(level: StorageLevelName | StorageLevel = StorageLevels.MEMORY_ONLY): this {
    this.node.persist(storageLevel(level));
    return this;
  }

  /** `persist()` in memory. */
  cache(): this {
    return this.persist();
  }

  /** Forgets the kept partitions. */
  async unpersist(): Promise<this> {
    await this.node.unpersist();
    return this;
  }

  /** One record for each record. A function that returns pairs makes a dataset of pairs. */
  map<K, V>(f: (record: T) => readonly [K, V] & NotPromise<K> & NotPromise<V>): RDD<[K, V]>;
  map<U>(f: (record: T) => U & NotPromise<U>): RDD<U>;
  map<U>(f: (record: T) => U): RDD<U> {
    return new RDD(new MapNode(this.node, f));
  }

  /** Any number of records for each record. */
  flatMap<K, V>(f: (record: T) => Iterable<readonly [K, V]>): RDD<[K, V]>;
  flatMap<U>(f: (record: T) => Iterable<U>): RDD<U>;
  flatMap<U>(f: (record: T) => Iterable<U>): RDD<U> {
    return new RDD(new FlatMapNode(this.node, f));
  }

  /** The records for which the predicate holds. */
  filter<U extends T>(predicate: (record: T) => record is U): RDD<U>;
  filter(predicate: (record: T) => boolean): RDD<T>;
  filter(predicate: (record: T) => boolean): RDD<T> {
    return new RDD(new FilterNode(this.node, predicate));
  }

  /** One record for each record, by a function that waits; the results keep the order of the records. */
  mapAsync<U>(f: (record: T) => PromiseLike<U>, options: { concurrency?: number } = {}): RDD<U> {
    return new RDD(new MapAsyncNode(this.node, f, options.concurrency ?? 8));
  }

  /** A function over the records of a whole partition. */
  mapPartitions<U>(
    f: (records: readonly T[]) => PartitionResult<U>,
    options: { preservesPartitioning?: boolean } = {},
  ): RDD<U> {
    return new RDD(new MapPartitionsNode(this.node, (_, records) => f(records), options));
  }

  /** As `mapPartitions`, with the number of the partition. */
  mapPartitionsWithIndex<U>(
    f: (partition: number, records: readonly T[]) => PartitionResult<U>,
    options: { preservesPartitioning?: boolean } = {},
  ): RDD<U> {
    return new RDD(
      new MapPartitionsNode(this.node, f, { ...options, kind: "mapPartitionsWithIndex" }),
    );
  }

  /** Each partition as one array. */
  glom(): RDD<readonly T[]> {
    return new RDD(new MapPartitionsNode(this.node, (_, records) => [records], { kind: "glom" }));
  }

  /** Each record once. */
  distinct(partitioning?: Partitioning): RDD<T> {
    const keyed = new MapNode<T, [T, null]>(this.node, (record) => [record, null], "distinct");
    const partitioner = this.#partitioner(partitioning);
    return new RDD(new CombineByKeyNode(keyed, "distinct", partitioner, keepingFirst)).keys();
  }

  /** The records of both; the partitions of one after those of the other. */
  union(other: RDD<T>): RDD<T> {
    return new RDD(unionOf(this.node.environment, [this.node, other.node]));
  }

  /** The distinct records that both have. */
  intersection(other: RDD<T>, partitioning?: Partitioning): RDD<T> {
    return new RDD(intersected(this.node, other.node, this.#partitioner(partitioning)));
  }

  /** The records that the other has not. */
  subtract(other: RDD<T>, partitioning?: Partitioning): RDD<T> {
    return new RDD(subtracted(this.node, other.node, this.#partitioner(partitioning)));
  }

  /** Every record with every record of the other. */
  cartesian<U>(other: RDD<U>): RDD<[T, U]> {
    return new RDD(new CartesianNode(this.node, other.node));
  }

  /** Record i with record i of the other; throws `partitions_differ` unless their partitions are alike. */
  zip<U>(other: RDD<U>): RDD<[T, U]> {
    return new RDD(new ZipNode(this.node, other.node));
  }

  /** A function over partition i of both; throws `partitions_differ`. */
  zipPartitions<U, R>(
    other: RDD<U>,
    f: (left: readonly T[], right: readonly U[]) => Iterable<R>,
  ): RDD<R> {
    const call = (left: readonly unknown[], right: readonly unknown[]) =>
      f(left as readonly T[], right as readonly U[]);
    return new RDD(
      new ZipPartitionsNode([this.node as RDDNode<unknown>, other.node as RDDNode<unknown>], call),
    );
  }

  /** Each record with its place over all partitions; counts the partitions first. */
  zipWithIndex(): RDD<[T, number]> {
    return new RDD(new ZipWithIndexNode(this.node));
  }

  /** Each record with a number of its own, without counting first. */
  zipWithUniqueId(): RDD<[T, number]> {
    return new RDD(new ZipWithUniqueIdNode(this.node));
  }

  /** Records drawn at random; the same for the same seed. Throws `argument_invalid` for a bad fraction. */
  sample(withReplacement: boolean, fraction: number, seed = 0): RDD<T> {
    return new RDD(new SampleNode(this.node, { withReplacement, fraction, seed }));
  }

  /** The records dealt out at random in these proportions. Throws `argument_invalid` for bad weights. */
  randomSplit(weights: readonly number[], seed = 0): RDD<T>[] {
    const total = weights.reduce((sum, weight) => sum + weight, 0);
    if (!(total > 0) || weights.some((weight) => !(weight >= 0))) {
      throw new StreamError("argument_invalid", { weights, expected: "0 or more, not all 0" });
    }
    let until = 0;
    return weights.map((weight, index) => {
      const from = until;
      until = index === weights.length - 1 ? 1 : from + weight / total;
      return new RDD(new SliceOfSampleNode(this.node, { from, until, seed }));
    });
  }

  /** The same records in that many partitions, by a full shuffle. */
  repartition(partitionCount: number): RDD<T> {
    return new RDD(new RepartitionNode(this.node, partitionCount));
  }

  /** Fewer partitions, made of neighbouring ones; with `shuffle` as `repartition`. */
  coalesce(partitionCount: number, options: { shuffle?: boolean } = {}): RDD<T> {
    if (options.shuffle === true) return this.repartition(partitionCount);
    return new RDD(new CoalesceNode(this.node, partitionCount));
  }

  /** The records in the order of what `f` gives for them. */
  sortBy<K>(
    f: (record: T) => K,
    options: { ascending?: boolean; partitionCount?: number } = {},
  ): RDD<T> {
    return this.keyBy(f).sortByKey(options).values();
  }

  /** The records of each group, by what `f` gives for them. */
  groupBy<K>(f: (record: T) => K, partitioning?: Partitioning): RDD<[K, T[]]> {
    return this.keyBy(f).groupByKey(partitioning);
  }

  /** Each record behind the key that `f` gives for it. */
  keyBy<K>(f: (record: T) => K): RDD<[K, T]> {
    return new RDD(new MapNode<T, [K, T]>(this.node, (record) => [f(record), record], "keyBy"));
  }

  /** The lines that a program prints when it is given the records of a partition as lines. */
  pipe(
    command: string | readonly string[],
    options: { env?: Readonly<Record<string, string>> } = {},
  ): RDD<string> {
    return new RDD(new PipeNode(this.node, command, options.env ?? {}));
  }

  /** The keys of pairs. */
  keys<K, V>(this: RDD<[K, V]>): RDD<K> {
    return new RDD(new MapNode(this.node, ([key]) => key, "keys"));
  }

  /** The values of pairs. */
  values<K, V>(this: RDD<[K, V]>): RDD<V> {
    return new RDD(new MapNode(this.node, ([, value]) => value, "values"));
  }

  /** Each key with another value; keys stay where they are. */
  mapValues<K, V, W>(this: RDD<[K, V]>, f: (value: V) => W & NotPromise<W>): RDD<[K, W]> {
    return new RDD(new MapValuesNode<K, V, W>(this.node, f));
  }

  /** Each key with any number of values for each of its values. */
  flatMapValues<K, V, W>(this: RDD<[K, V]>, f: (value: V) => Iterable<W>): RDD<[K, W]> {
    return new RDD(new FlatMapValuesNode(this.node, f));
  }

  /** The values of each key as one; combined before the shuffle. */
  reduceByKey<K, V>(
    this: RDD<[K, V]>,
    f: (left: V, right: V) => V,
    partitioning?: Partitioning,
  ): RDD<[K, V]> {
    return this.combineByKey(reducing(f), partitioning, "reduceByKey");
  }

  /** The values of each key as an array. */
  groupByKey<K, V>(this: RDD<[K, V]>, partitioning?: Partitioning): RDD<[K, V[]]> {
    return this.combineByKey(grouping<V>(), partitioning, "groupByKey");
  }

  /** The values of each key as one, each key beginning with a structured clone of `zero`. */
  foldByKey<K, V>(
    this: RDD<[K, V]>,
    zero: V,
    f: (left: V, right: V) => V,
    partitioning?: Partitioning,
  ): RDD<[K, V]> {
    return this.combineByKey(aggregating(zero, f, f), partitioning, "foldByKey");
  }

  /** The values of each key as one value of another kind. */
  aggregateByKey<K, V, U>(
    this: RDD<[K, V]>,
    zero: U,
    addValue: (total: U, value: V) => U,
    merge: (left: U, right: U) => U,
    partitioning?: Partitioning,
  ): RDD<[K, U]> {
    return this.combineByKey(aggregating(zero, addValue, merge), partitioning, "aggregateByKey");
  }

  /** The values of each key as one, by functions of one's own. */
  combineByKey<K, V, C>(
    this: RDD<[K, V]>,
    aggregator: Omit<Aggregator<V, C>, "mapSideCombine"> & { mapSideCombine?: boolean },
    partitioning?: Partitioning,
    kind = "combineByKey",
  ): RDD<[K, C]> {
    const { create, mergeValue, mergeCombiners, mapSideCombine = true } = aggregator;
    return new RDD(
      new CombineByKeyNode<K, V, C>(this.node, kind, this.#partitioner(partitioning), {
        create,
        mergeValue,
        mergeCombiners,
        mapSideCombine,
      }),
    );
  }

  /** The same pairs, each in the partition of its key. */
  partitionBy<K, V>(this: RDD<[K, V]>, partitioning: Partitioning): RDD<[K, V]> {
    return new RDD(partitionedBy(this.node, this.#partitioner(partitioning)));
  }

  /** Each key of either with the values of both. */
  cogroup<K, V, W>(
    this: RDD<[K, V]>,
    other: RDD<[K, W]>,
    partitioning?: Partitioning,
  ): RDD<[K, [V[], W[]]]> {
    const partitioner = this.#partitioner(partitioning, other.partitioner);
    const node = grouped<K>(
      [this.node as RDDNode<[K, unknown]>, other.node as RDDNode<[K, unknown]>],
      partitioner,
    );
    return new RDD(node as RDDNode<[K, unknown]> as RDDNode<[K, [V[], W[]]]>);
  }

  /** Another name of `cogroup`. */
  groupWith<K, V, W>(this: RDD<[K, V]>, other: RDD<[K, W]>): RDD<[K, [V[], W[]]]> {
    return this.cogroup(other);
  }

  /** Every pair of values of a key that both have. */
  join<K, V, W>(
    this: RDD<[K, V]>,
    other: RDD<[K, W]>,
    partitioning?: Partitioning,
  ): RDD<[K, [V, W]]> {
    return this.#join("join", other, partitioning) as RDD<[K, [V, W]]>;
  }

  /** As `join`; keys that only this one has come with undefined. */
  leftOuterJoin<K, V, W>(
    this: RDD<[K, V]>,
    other: RDD<[K, W]>,
    partitioning?: Partitioning,
  ): RDD<[K, [V, W | undefined]]> {
    return this.#join("leftOuterJoin", other, partitioning) as RDD<[K, [V, W | undefined]]>;
  }

  /** As `join`; keys that only the other has come with undefined. */
  rightOuterJoin<K, V, W>(
    this: RDD<[K, V]>,
    other: RDD<[K, W]>,
    partitioning?: Partitioning,
  ): RDD<[K, [V | undefined, W]]> {
    return this.#join("rightOuterJoin", other, partitioning) as RDD<[K, [V | undefined, W]]>;
  }

  /** As `join`; keys that only one of them has come with undefined. */
  fullOuterJoin<K, V, W>(
    this: RDD<[K, V]>,
    other: RDD<[K, W]>,
    partitioning?: Partitioning,
  ): RDD<[K, [V | undefined, W | undefined]]> {
    return this.#join("fullOuterJoin", other, partitioning) as RDD<
      [K, [V | undefined, W | undefined]]
    >;
  }

  /** The pairs whose key the other has not. */
  subtractByKey<K, V, W>(
    this: RDD<[K, V]>,
    other: RDD<[K, W]>,
    partitioning?: Partitioning,
  ): RDD<[K, V]> {
    const partitioner = this.#partitioner(partitioning, other.partitioner);
    return new RDD(subtractedByKey(this.node, other.node as RDDNode<[K, unknown]>, partitioner));
  }

  /** The pairs in the order of their keys, over all partitions. */
  sortByKey<K, V>(
    this: RDD<[K, V]>,
    options: { ascending?: boolean; partitionCount?: number } = {},
  ): RDD<[K, V]> {
    const { ascending = true, partitionCount = this.node.partitionCount } = options;
    return new RDD(new SortByKeyNode(this.node, ascending, Math.max(1, partitionCount)));
  }

  /** The pairs in the partitions of their keys, each partition in the order of the keys. */
  repartitionAndSortWithinPartitions<K, V>(
    this: RDD<[K, V]>,
    partitioning: Partitioning,
  ): RDD<[K, V]> {
    return new RDD(new RepartitionAndSortNode(this.node, this.#partitioner(partitioning)));
  }

  /** The pairs whose key is from `lower` to `upper`, both included. */
  filterByRange<K, V>(this: RDD<[K, V]>, lower: K, upper: K): RDD<[K, V]> {
    return new RDD(
      new FilterNode(
        this.node,
        ([key]) => compareKeys(key, lower) >= 0 && compareKeys(key, upper) <= 0,
        "filterByRange",
      ),
    );
  }

  #join(
    kind: JoinKind,
    other: RDD<[never, never]> | RDD<[unknown, unknown]>,
    partitioning: Partitioning | undefined,
  ): RDD<[unknown, [unknown, unknown]]> {
    const partitioner = this.#partitioner(partitioning, other.partitioner);
    return new RDD(
      joined(
        kind,
        this.node as RDDNode<unknown> as RDDNode<[unknown, unknown]>,
        other.node as RDDNode<[unknown, unknown]>,
        partitioner,
      ),
    );
  }

  /** What was asked for; else the partitioner that one side has; else the default parallelism by hash. */
  #partitioner(partitioning: Partitioning | undefined, others?: Partitioner): Partitioner {
    if (typeof partitioning === "number") return new HashPartitioner(partitioning);
    return (
      partitioning ??
      this.partitioner ??
      others ??
      new HashPartitioner(this.node.environment.defaultParallelism)
    );
  }
}
