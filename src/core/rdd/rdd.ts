/**
 * Owns: the fluent class of a dataset: every transformation is a line that makes a node of the lineage.
 * Does not own: the operators (operators/), the actions (rdd-actions.ts), the dataset itself (rdd-handle.ts).
 */
import { functionArgument, StreamError } from "../../base/index.ts";
import { compareKeys } from "../../codec/index.ts";
import { type Combining, combining, keyOf, valueOf } from "./aggregator.ts";
import { aggregating, grouping, keepingFirst, reducing } from "./aggregators.ts";
import {
  grouped,
  intersected,
  type JoinKind,
  joined,
  subtracted,
  subtractedByKey,
} from "./joins.ts";
import type { RDDNode } from "./node.ts";
import { CartesianNode } from "./operators/cartesian.ts";
import { CoalesceNode } from "./operators/coalesce.ts";
import { CombineByKeyNode } from "./operators/combine-by-key.ts";
import { FilterNode } from "./operators/filter.ts";
import { FlatMapNode } from "./operators/flat-map.ts";
import { FlatMapValuesNode } from "./operators/flat-map-values.ts";
import { KeyByNode } from "./operators/key-by.ts";
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
import { HashPartitioner, type Partitioner, partitionerOf } from "./partitioner.ts";
import { RDDActions } from "./rdd-actions.ts";
import type {
  Adding,
  AnyPair,
  Elements,
  ListPairOf,
  ListPairValue,
  NotPromise,
  NumberValue,
  PairOf,
  PairValue,
  PairWithList,
  Returned,
  TupleHint,
  Verdict,
} from "./returned.ts";

/** Where the result of a shuffle goes: that many partitions by hash, or those of a partitioner. */
export type Partitioning = number | Partitioner;

/** A dataset: immutable, in partitions, computed from its lineage whenever an action needs it. */
export class RDD<T> extends RDDActions<T> {
  /** One record for each record. A returned `[key, value]` is a pair; a value written as `[x]` is an array that can grow. */
  map<P extends PairWithList>(f: (record: T) => ListPairValue<P>): RDD<ListPairOf<P>>;
  map<P extends AnyPair>(f: (record: T) => PairValue<P>): RDD<PairOf<P>>;
  map<N extends number>(f: (record: T) => NumberValue<N>): RDD<number>;
  map<U>(f: (record: T) => U & NotPromise<U>): RDD<U>;
  map<U>(f: (record: T) => U): RDD<U> {
    return new RDD(new MapNode(this.node, f));
  }

  /** Any number of records for each record. */
  flatMap<P extends AnyPair>(f: (record: T) => Iterable<PairValue<P>>): RDD<PairOf<P>>;
  flatMap<U>(f: (record: T) => Iterable<Returned<U>>): RDD<U>;
  flatMap<R>(f: (record: T) => R & NotPromise<R> & Iterable<unknown>): RDD<Elements<R>>;
  flatMap<U>(f: (record: T) => Iterable<U>): RDD<U> {
    return new RDD(new FlatMapNode(this.node, f));
  }

  /** The records for which the predicate holds. */
  filter<U extends T>(predicate: (record: T) => record is U): RDD<U>;
  filter<B>(predicate: (record: T) => Verdict<B>): RDD<T>;
  filter(predicate: (record: T) => boolean): RDD<T> {
    return new RDD(new FilterNode(this.node, predicate));
  }

  /** One record for each record, by a function that waits; the results keep the order of the records. */
  mapAsync<P extends AnyPair>(
    f: (record: T) => PromiseLike<PairValue<P>>,
    options?: { concurrency?: number },
  ): RDD<PairOf<P>>;
  mapAsync<U>(f: (record: T) => PromiseLike<U>, options?: { concurrency?: number }): RDD<U>;
  mapAsync<U>(f: (record: T) => PromiseLike<U>, options: { concurrency?: number } = {}): RDD<U> {
    return new RDD(new MapAsyncNode(this.node, f, options.concurrency ?? 8));
  }

  /** A function over the records of a whole partition. */
  mapPartitions<P extends AnyPair>(
    f: (records: readonly T[]) => PartitionResult<PairValue<P>>,
    options?: { preservesPartitioning?: boolean },
  ): RDD<PairOf<P>>;
  mapPartitions<U>(
    f: (records: readonly T[]) => PartitionResult<U>,
    options?: { preservesPartitioning?: boolean },
  ): RDD<U>;
  mapPartitions<U>(
    f: (records: readonly T[]) => PartitionResult<U>,
    options: { preservesPartitioning?: boolean } = {},
  ): RDD<U> {
    functionArgument("f", f);
    return new RDD(new MapPartitionsNode(this.node, (_, records) => f(records), options));
  }

  /** As `mapPartitions`, with the number of the partition. */
  mapPartitionsWithIndex<P extends AnyPair>(
    f: (partition: number, records: readonly T[]) => PartitionResult<PairValue<P>>,
    options?: { preservesPartitioning?: boolean },
  ): RDD<PairOf<P>>;
  mapPartitionsWithIndex<U>(
    f: (partition: number, records: readonly T[]) => PartitionResult<U>,
    options?: { preservesPartitioning?: boolean },
  ): RDD<U>;
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
    return new RDD(keyed).combineByKey(keepingFirst, partitioning, "distinct").keys();
  }

  /** The records of both; the partitions of one after those of the other. */
  union(other: RDD<T>): RDD<T> {
    return new RDD(unionOf(this.node.environment, [this.node, other.node]));
  }

  /** The distinct records that both have. */
  intersection(other: RDD<T>, partitioning?: Partitioning): RDD<T> {
    return new RDD(intersected(this.node, other.node, this.#partitioner(partitioning, [])));
  }

  /** The records that the other has not. */
  subtract(other: RDD<T>, partitioning?: Partitioning): RDD<T> {
    return new RDD(subtracted(this.node, other.node, this.#partitioner(partitioning, [])));
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
    f: (left: readonly T[], right: readonly U[]) => Iterable<Returned<R>>,
  ): RDD<R> {
    functionArgument("f", f);
    const call = (left: readonly unknown[], right: readonly unknown[]) =>
      f(left as readonly T[], right as readonly U[]);
    return new RDD(new ZipPartitionsNode([this.node, other.node], call));
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
    if (!(total > 0 && total < Infinity) || weights.some((weight) => !(weight >= 0))) {
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
    f: (record: T) => Returned<K>,
    options: { ascending?: boolean; partitionCount?: number } = {},
  ): RDD<T> {
    return new RDD(new KeyByNode(this.node, f, "sortBy")).sortByKey(options).values();
  }

  /** The records of each group, by what `f` gives for them. */
  groupBy<K>(f: (record: T) => Returned<K>, partitioning?: Partitioning): RDD<[K, T[]]> {
    return new RDD(new KeyByNode(this.node, f, "groupBy")).groupByKey(partitioning);
  }

  /** Each record behind the key that `f` gives for it. */
  keyBy<K>(f: (record: T) => Returned<K>): RDD<[K, T]> {
    return new RDD(new KeyByNode(this.node, f));
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
    return new RDD(new MapNode(this.node, keyOf<K>, "keys"));
  }

  /** The values of pairs. */
  values<K, V>(this: RDD<[K, V]>): RDD<V> {
    return new RDD(new MapNode(this.node, valueOf<V>, "values"));
  }

  /** Each key with another value; keys stay where they are. */
  mapValues<K, V, E>(this: RDD<[K, V]>, f: (value: V) => readonly [Returned<E>]): RDD<[K, E[]]>;
  mapValues<K, V, N extends number>(
    this: RDD<[K, V]>,
    f: (value: V) => NumberValue<N>,
  ): RDD<[K, number]>;
  mapValues<K, V, W>(this: RDD<[K, V]>, f: (value: V) => Returned<W>): RDD<[K, W]>;
  mapValues<K, V, W>(this: RDD<[K, V]>, f: (value: V) => Returned<W>): RDD<[K, W]> {
    return new RDD(new MapValuesNode<K, V, W>(this.node, f));
  }

  /** Each key with any number of values for each of its values. */
  flatMapValues<K, V, W>(this: RDD<[K, V]>, f: (value: V) => Iterable<Returned<W>>): RDD<[K, W]> {
    return new RDD(new FlatMapValuesNode(this.node, f));
  }

  /** The values of each key as one; combined before the shuffle. */
  reduceByKey<K, V>(
    this: RDD<[K, V]>,
    f: (left: V, right: V) => Returned<V>,
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
    zero: NoInfer<V>,
    f: (left: V, right: V) => Returned<V>,
    partitioning?: Partitioning,
  ): RDD<[K, V]> {
    return this.combineByKey(aggregating(zero, f, f), partitioning, "foldByKey");
  }

  /** The values of each key as one value of another kind. */
  aggregateByKey<K, V, U>(
    this: RDD<[K, V]>,
    zero: U | TupleHint,
    addValue: (total: U, value: V) => U | TupleHint,
    merge: (left: U, right: U) => U | TupleHint,
    partitioning?: Partitioning,
  ): RDD<[K, U]> {
    const [add, join] = [addValue as Adding<U, V>, merge as Adding<U, U>];
    const aggregator = aggregating<V, U>(zero as U, add, join);
    return this.combineByKey(aggregator, partitioning, "aggregateByKey");
  }

  /** The values of each key as one, by functions of one's own. */
  combineByKey<K, V, C>(
    this: RDD<[K, V]>,
    aggregator: Combining<V, C>,
    partitioning?: Partitioning,
    kind = "combineByKey",
  ): RDD<[K, C]> {
    const partitioner = this.#partitioner(partitioning);
    return new RDD(
      new CombineByKeyNode<K, V, C>(this.node, kind, partitioner, combining(aggregator)),
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
    const partitioner = this.#partitioner(partitioning, [this.partitioner, other.partitioner]);
    const node = grouped<K>([this.node, other.node], partitioner);
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
    const partitioner = this.#partitioner(partitioning, [this.partitioner, other.partitioner]);
    return new RDD(subtractedByKey(this.node, other.node as RDDNode<[K, unknown]>, partitioner));
  }

  /** The pairs in the order of their keys, over all partitions. */
  sortByKey<K, V>(
    this: RDD<[K, V]>,
    options: { ascending?: boolean; partitionCount?: number } = {},
  ): RDD<[K, V]> {
    const { ascending = true, partitionCount = Math.max(1, this.partitionCount) } = options;
    return new RDD(new SortByKeyNode(this.node, ascending, partitionCount));
  }

  /** The pairs in the partitions of their keys, each partition in the order of the keys. */
  repartitionAndSortWithinPartitions<K, V>(
    this: RDD<[K, V]>,
    partitioning: Partitioning,
  ): RDD<[K, V]> {
    return new RDD(new RepartitionAndSortNode(this.node, this.#partitioner(partitioning)));
  }

  /** The pairs whose key is from `lower` to `upper`, both included. */
  filterByRange<K, V>(this: RDD<[K, V]>, lower: NoInfer<K>, upper: NoInfer<K>): RDD<[K, V]> {
    return new RDD(
      new FilterNode(
        this.node,
        (pair) => compareKeys(keyOf(pair), lower) >= 0 && compareKeys(keyOf(pair), upper) <= 0,
        "filterByRange",
      ),
    );
  }

  #join(
    kind: JoinKind,
    other: RDD<[never, never]> | RDD<[unknown, unknown]>,
    partitioning: Partitioning | undefined,
  ): RDD<[unknown, [unknown, unknown]]> {
    const partitioner = this.#partitioner(partitioning, [this.partitioner, other.partitioner]);
    return new RDD(
      joined(
        kind,
        this.node as RDDNode<unknown> as RDDNode<[unknown, unknown]>,
        other.node as RDDNode<[unknown, unknown]>,
        partitioner,
      ),
    );
  }

  /** What was asked for; else the first partitioner that a side has; else the default parallelism by hash. */
  #partitioner(
    partitioning: Partitioning | undefined,
    sides: readonly (Partitioner | undefined)[] = [this.partitioner],
  ): Partitioner {
    if (partitioning !== undefined) return partitionerOf(partitioning, HashPartitioner);
    return (
      sides.find((partitioner) => partitioner !== undefined) ??
      new HashPartitioner(this.node.environment.defaultParallelism)
    );
  }
}
