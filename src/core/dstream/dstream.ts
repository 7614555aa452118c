/**
 * Owns: the fluent class of a stream: every method is a line that makes an operator of the graph.
 * Does not own: the operators (operators/), the output operations (dstream-outputs.ts), the stream itself
 * (dstream-handle.ts).
 */
import {
  type Aggregator,
  type AnyPair,
  ArrayNode,
  type Combining,
  combining,
  type Elements,
  type Emitted,
  grouping,
  KeyGroupPartitioner,
  type ListPairOf,
  type ListPairValue,
  type NotPromise,
  type NumberValue,
  type PairOf,
  type PairValue,
  type PairWithList,
  type Partitioner,
  type Partitioning,
  type PartitionResult,
  partitionerOf,
  RDD,
  type Returned,
  reducing,
  type Verdict,
} from "../rdd/index.ts";
import type { Duration } from "../time.ts";
import type { BodyOptions } from "./body-place.ts";
import type { AnyFunction } from "./code-hash.ts";
import { DStreamOutputs } from "./dstream-outputs.ts";
import type { DStreamNode } from "./node.ts";
import {
  type MappingFunction,
  MapWithStateNode,
  StateSnapshotsNode,
} from "./operators/map-with-state.ts";
import {
  type Combine,
  combinedNode,
  type DatasetsOf,
  derivedNode,
  transformNode,
} from "./operators/transform.ts";
import { UnionStreamNode } from "./operators/union.ts";
import {
  type UpdateFunction,
  type UpdatePartitionFunction,
  UpdateStateByKeyNode,
} from "./operators/update-state-by-key.ts";
import { WindowNode, windowSize } from "./operators/window.ts";
import { type StateSettings, type StateSpec, specOf, stateOptionsOf } from "./state-spec.ts";
import {
  combinedPerBatch,
  incrementalWindow,
  reducedByKeyAndWindow,
  type WindowOptions,
} from "./windows.ts";

/** A stream: a dataset per batch time, described once. */
export class DStream<T> extends DStreamOutputs<T> {
  /** One record for each record. A returned `[key, value]` is a pair; a value written as `[x]` is an array that can grow. */
  map<P extends PairWithList>(f: (record: T) => ListPairValue<P>): DStream<ListPairOf<P>>;
  map<P extends AnyPair>(f: (record: T) => PairValue<P>): DStream<PairOf<P>>;
  map<N extends number>(f: (record: T) => NumberValue<N>): DStream<number>;
  map<U>(f: (record: T) => U & NotPromise<U>): DStream<U>;
  map<U>(f: (record: T) => U & NotPromise<U>): DStream<U> {
    return this.#derive("map", (dataset) => dataset.map(f), [f]);
  }

  /** Any number of records for each record. */
  flatMap<P extends AnyPair>(f: (record: T) => Iterable<PairValue<P>>): DStream<PairOf<P>>;
  flatMap<U>(f: (record: T) => Iterable<Returned<U>>): DStream<U>;
  flatMap<R>(f: (record: T) => R & NotPromise<R> & Iterable<unknown>): DStream<Elements<R>>;
  flatMap<U>(f: (record: T) => Iterable<U>): DStream<U> {
    return this.#derive("flatMap", (dataset) => dataset.flatMap(f), [f]);
  }

  /** The records for which the predicate holds. */
  filter<U extends T>(predicate: (record: T) => record is U): DStream<U>;
  filter<B>(predicate: (record: T) => Verdict<B>): DStream<T>;
  filter(predicate: (record: T) => boolean): DStream<T> {
    return this.#derive("filter", (dataset) => dataset.filter(predicate), [predicate]);
  }

  /** One record for each record, by a function that waits; the results keep the order of the records. */
  mapAsync<P extends AnyPair>(
    f: (record: T) => PromiseLike<PairValue<P>>,
    options?: { concurrency?: number },
  ): DStream<PairOf<P>>;
  mapAsync<U>(f: (record: T) => PromiseLike<U>, options?: { concurrency?: number }): DStream<U>;
  mapAsync<U>(
    f: (record: T) => PromiseLike<U>,
    options: { concurrency?: number } = {},
  ): DStream<U> {
    return this.#derive("mapAsync", (dataset) => dataset.mapAsync(f, options), [f]);
  }

  /** Each partition as one array. */
  glom(): DStream<readonly T[]> {
    return this.#derive("glom", (dataset) => dataset.glom());
  }

  /** A function over the records of a whole partition. */
  mapPartitions<P extends AnyPair>(
    f: (records: readonly T[]) => PartitionResult<PairValue<P>>,
    options?: { preservesPartitioning?: boolean },
  ): DStream<PairOf<P>>;
  mapPartitions<U>(
    f: (records: readonly T[]) => PartitionResult<U>,
    options?: { preservesPartitioning?: boolean },
  ): DStream<U>;
  mapPartitions<U>(
    f: (records: readonly T[]) => PartitionResult<U>,
    options: { preservesPartitioning?: boolean } = {},
  ): DStream<U> {
    return this.#derive("mapPartitions", (dataset) => dataset.mapPartitions(f, options), [f]);
  }

  /** As `mapPartitions`, with the number of the partition. */
  mapPartitionsWithIndex<P extends AnyPair>(
    f: (partition: number, records: readonly T[]) => PartitionResult<PairValue<P>>,
    options?: { preservesPartitioning?: boolean },
  ): DStream<PairOf<P>>;
  mapPartitionsWithIndex<U>(
    f: (partition: number, records: readonly T[]) => PartitionResult<U>,
    options?: { preservesPartitioning?: boolean },
  ): DStream<U>;
  mapPartitionsWithIndex<U>(
    f: (partition: number, records: readonly T[]) => PartitionResult<U>,
    options: { preservesPartitioning?: boolean } = {},
  ): DStream<U> {
    const derive = (dataset: RDD<T>): RDD<U> => dataset.mapPartitionsWithIndex(f, options);
    return this.#derive("mapPartitionsWithIndex", derive, [f]);
  }

  /** The same records in that many partitions. */
  repartition(partitionCount: number): DStream<T> {
    return this.#shuffled("repartition", partitionCount, (dataset, partitioning) =>
      dataset.repartition(typeof partitioning === "number" ? partitioning : partitionCount),
    );
  }

  /** The records of both streams; throws `contexts_differ`, `slides_differ`. */
  union(other: DStream<T>): DStream<T> {
    return new DStream(new UnionStreamNode([this.node, other.node]));
  }

  /** How many records each batch has: one number, 0 for an empty batch. */
  count(): DStream<number> {
    return this.#derive("count", (dataset) => {
      const zero = new RDD(
        new ArrayNode<[null, number]>(dataset.node.environment, "count", [[[null, 0]]]),
      );
      const ones = dataset.map((): [null, number] => [null, 1]);
      return ones
        .union(zero)
        .reduceByKey((a, b) => a + b, 1)
        .values();
    });
  }

  /** The records of each batch as one, by an associative function; nothing for an empty batch. */
  reduce(f: (left: T, right: T) => T): DStream<T> {
    return this.#derive("reduce", (dataset) => keyedByNull(dataset).reduceByKey(f, 1).values(), [
      f,
    ]);
  }

  /** How often each record is in each batch. */
  countByValue(partitioning?: Partitioning): DStream<[T, number]> {
    return this.#shuffled("countByValue", partitioning, (dataset, pinned) =>
      dataset.map((record): [T, number] => [record, 1]).reduceByKey((a, b) => a + b, pinned),
    );
  }

  /** Another dataset made of that of each batch, on the driver unless the options declare otherwise. */
  transform<U>(
    f: (dataset: RDD<T>, timeMs: number) => RDD<U> | Promise<RDD<U>>,
    options?: BodyOptions,
  ): DStream<U> {
    const each = ([dataset]: DatasetsOf<[T]>, timeMs: number) => f(dataset, timeMs);
    return new DStream(transformNode<[T], U>([this.node], each, options, f));
  }

  /** A dataset made of those of two streams in each batch, as by `transform`. */
  transformWith<O, U>(
    other: DStream<O>,
    f: (dataset: RDD<T>, other: RDD<O>, timeMs: number) => RDD<U> | Promise<RDD<U>>,
    options?: BodyOptions,
  ): DStream<U> {
    type Both = readonly [RDD<T>, RDD<O>];
    const both = ([own, others]: Both, timeMs: number) => f(own, others, timeMs);
    return new DStream(transformNode<[T, O], U>([this.node, other.node], both, options, f));
  }

  /** At each slide, the records of the last `window`; throws `window_off_grid`. */
  window(window: Duration, slide?: Duration): DStream<T> {
    return new DStream(new WindowNode(this.node, windowSize(this.node, window, slide)));
  }

  /** At each slide, the records of the last `window` as one; `inverse` brings the window forward instead of reducing it anew. */
  reduceByWindow(f: (left: T, right: T) => T, window: Duration, slide?: Duration): DStream<T>;
  reduceByWindow(
    f: (left: T, right: T) => T,
    inverse: (total: T, leaving: T) => T,
    window: Duration,
    slide?: Duration,
  ): DStream<T>;
  reduceByWindow(f: (left: T, right: T) => T, ...rest: readonly unknown[]): DStream<T> {
    if (typeof rest[0] === "function") {
      const [inverse, window, slide] = rest as [(total: T, leaving: T) => T, Duration, Duration?];
      return this.map((record): [null, T] => [null, record])
        .reduceByKeyAndWindow(f, inverse, window, slide, { partitioning: 1 })
        .#derive("reduceByWindow", (dataset) => dataset.values());
    }
    const [window, slide] = rest as [Duration, Duration?];
    return this.reduce(f).window(window, slide).reduce(f);
  }

  /** At each slide, how many records the last `window` has. */
  countByWindow(window: Duration, slide?: Duration): DStream<number> {
    return this.map(() => 1).reduceByWindow(
      (a, b) => a + b,
      (a, b) => a - b,
      window,
      slide,
    );
  }

  /** At each slide, how often each record is in the last `window`. */
  countByValueAndWindow(
    window: Duration,
    slide?: Duration,
    partitioning?: Partitioning,
  ): DStream<[T, number]> {
    return this.map((record): [T, number] => [record, 1]).reduceByKeyAndWindow(
      (a, b) => a + b,
      (a, b) => a - b,
      window,
      slide,
      { partitioning, filter: (_, count) => count !== 0 },
    );
  }

  /** The values of each key in each batch, as an array. */
  groupByKey<K, V>(this: DStream<[K, V]>, partitioning?: Partitioning): DStream<[K, V[]]> {
    return this.#combine("groupByKey", grouping<V>(), partitioning);
  }

  /** The values of each key in each batch as one. */
  reduceByKey<K, V>(
    this: DStream<[K, V]>,
    f: (left: V, right: V) => Returned<V>,
    partitioning?: Partitioning,
  ): DStream<[K, V]> {
    return this.#combine("reduceByKey", reducing(f), partitioning);
  }

  /** The values of each key in each batch as one, by functions of one's own. */
  combineByKey<K, V, C>(
    this: DStream<[K, V]>,
    aggregator: Combining<V, C>,
    partitioning?: Partitioning,
  ): DStream<[K, C]> {
    return this.#combine("combineByKey", combining(aggregator), partitioning);
  }

  /** The same pairs, each in the partition of its key. */
  partitionBy<K, V>(this: DStream<[K, V]>, partitioning: Partitioning): DStream<[K, V]> {
    return this.#shuffled("partitionBy", partitioning, (dataset, pinned) =>
      dataset.partitionBy(pinned ?? partitioning),
    );
  }

  /** Each key with another value. */
  mapValues<K, V, E>(
    this: DStream<[K, V]>,
    f: (value: V) => readonly [Returned<E>],
  ): DStream<[K, E[]]>;
  mapValues<K, V, N extends number>(
    this: DStream<[K, V]>,
    f: (value: V) => NumberValue<N>,
  ): DStream<[K, number]>;
  mapValues<K, V, W>(this: DStream<[K, V]>, f: (value: V) => Returned<W>): DStream<[K, W]>;
  mapValues<K, V, W>(this: DStream<[K, V]>, f: (value: V) => Returned<W>): DStream<[K, W]> {
    return this.#derive("mapValues", (dataset) => dataset.mapValues(f), [f]);
  }

  /** Each key with any number of values for each of its values. */
  flatMapValues<K, V, W>(
    this: DStream<[K, V]>,
    f: (value: V) => Iterable<Returned<W>>,
  ): DStream<[K, W]> {
    return this.#derive("flatMapValues", (dataset) => dataset.flatMapValues(f), [f]);
  }

  /** Each key of either stream with the values of both, per batch. */
  cogroup<K, V, W>(
    this: DStream<[K, V]>,
    other: DStream<[K, W]>,
    partitioning?: Partitioning,
  ): DStream<[K, [V[], W[]]]> {
    return this.#with("cogroup", other, partitioning, (a, b, to) => a.cogroup(b, to));
  }

  /** Every pair of values of a key that both streams have, per batch. */
  join<K, V, W>(
    this: DStream<[K, V]>,
    other: DStream<[K, W]>,
    partitioning?: Partitioning,
  ): DStream<[K, [V, W]]> {
    return this.#with("join", other, partitioning, (a, b, to) => a.join(b, to));
  }

  /** As `join`; keys that only this stream has come with undefined. */
  leftOuterJoin<K, V, W>(
    this: DStream<[K, V]>,
    other: DStream<[K, W]>,
    partitioning?: Partitioning,
  ): DStream<[K, [V, W | undefined]]> {
    return this.#with("leftOuterJoin", other, partitioning, (a, b, to) => a.leftOuterJoin(b, to));
  }

  /** As `join`; keys that only the other stream has come with undefined. */
  rightOuterJoin<K, V, W>(
    this: DStream<[K, V]>,
    other: DStream<[K, W]>,
    partitioning?: Partitioning,
  ): DStream<[K, [V | undefined, W]]> {
    return this.#with("rightOuterJoin", other, partitioning, (a, b, to) => a.rightOuterJoin(b, to));
  }

  /** As `join`; keys that only one of the streams has come with undefined. */
  fullOuterJoin<K, V, W>(
    this: DStream<[K, V]>,
    other: DStream<[K, W]>,
    partitioning?: Partitioning,
  ): DStream<[K, [V | undefined, W | undefined]]> {
    return this.#with("fullOuterJoin", other, partitioning, (a, b, to) => a.fullOuterJoin(b, to));
  }

  /** At each slide, the values of each key in the last `window`, as an array. */
  groupByKeyAndWindow<K, V>(
    this: DStream<[K, V]>,
    window: Duration,
    slide?: Duration,
    partitioning?: Partitioning,
  ): DStream<[K, V[]]> {
    return this.window(window, slide).#combine("groupByKeyAndWindow", grouping<V>(), partitioning);
  }

  /**
   * At each slide, the values of each key in the last `window` as one. With `inverse`, for which inverse(f(x, y), x) must
   * be y, the window is brought forward: only keys that enter or leave it cost anything; a key stays until `filter`
   * drops it. Throws `window_off_grid`, and with `inverse` `window_shorter_than_slide`.
   */
  reduceByKeyAndWindow<K, V>(
    this: DStream<[K, V]>,
    f: (left: V, right: V) => Returned<V>,
    window: Duration,
    slide?: Duration,
    options?: { partitioning?: Partitioning | undefined },
  ): DStream<[K, V]>;
  reduceByKeyAndWindow<K, V>(
    this: DStream<[K, V]>,
    f: (left: V, right: V) => Returned<V>,
    inverse: (total: V, leaving: V) => Returned<V>,
    window: Duration,
    slide?: Duration,
    options?: WindowOptions<K, V>,
  ): DStream<[K, V]>;
  reduceByKeyAndWindow<K, V>(
    this: DStream<[K, V]>,
    f: (left: V, right: V) => V,
    ...rest: readonly unknown[]
  ): DStream<[K, V]> {
    const [inverse, window, slide, options] = (
      typeof rest[0] === "function" ? rest : [undefined, ...rest]
    ) as [((total: V, leaving: V) => V) | undefined, Duration, Duration?, WindowOptions<K, V>?];
    const size = windowSize(this.node, window, slide);
    const partitioner = this.#statePartitioner(options?.partitioning);
    if (inverse === undefined) {
      return new DStream(reducedByKeyAndWindow(this.node, reducing(f), size, partitioner));
    }
    const functions = { f, inverse, filter: options?.filter };
    return new DStream(incrementalWindow(this.node, reducing(f), functions, size, partitioner));
  }

  /**
   * The state of every key after each batch. The function is called for every known key in every batch (with no values
   * where it has no data); undefined removes the key. States are read-only values: return a new one for a change.
   */
  updateStateByKey<K, V, S>(
    this: DStream<[K, V]>,
    f: UpdateFunction<K, V, S, Returned<S>>,
    settings: StateSettings<K, S> = {},
  ): DStream<[K, S]> {
    return this.#updateState({ each: f }, settings);
  }

  /** As `updateStateByKey`, by a function over all keys of a partition at once. */
  updateStateByPartition<K, V, S>(
    this: DStream<[K, V]>,
    f: UpdatePartitionFunction<K, V, S, Returned<S>>,
    settings: StateSettings<K, S> = {},
  ): DStream<[K, S]> {
    return this.#updateState({ partitions: f }, settings);
  }

  /** What a function makes of each record and the state of its key; keys without data cost nothing. */
  mapWithState<K, V, S, M = never>(
    this: DStream<[K, V]>,
    spec: (StateSpec<K, V, S, M> & NotPromise<M>) | MappingFunction<K, V, S, Returned<M, void>>,
  ): MapWithStateDStream<K, S, Emitted<M>> {
    const { f, settings } = specOf(spec);
    const { timeout } = settings;
    const node = new MapWithStateNode<K, V, S, M>(this.node, f, {
      ...stateOptionsOf(settings, this.#statePartitioner(settings.partitioning)),
      timeoutMs: timeout,
    });
    return new MapWithStateDStream(
      node as DStreamNode<unknown> as MapWithStateNode<K, unknown, S, Emitted<M>>,
    );
  }

  #updateState<K, V, S>(
    this: DStream<[K, V]>,
    f: { each: UpdateFunction<K, V, S> } | { partitions: UpdatePartitionFunction<K, V, S> },
    settings: StateSettings<K, S>,
  ): DStream<[K, S]> {
    const options = stateOptionsOf(settings, this.#statePartitioner(settings.partitioning));
    return new DStream(new UpdateStateByKeyNode(this.node, f, options));
  }

  #derive<U>(
    kind: string,
    derive: (dataset: RDD<T>) => RDD<U>,
    functions: readonly AnyFunction[] = [],
  ): DStream<U> {
    return new DStream(derivedNode(this.node, kind, derive, { functions }));
  }

  #shuffled<U>(
    kind: string,
    partitioning: Partitioning | undefined,
    derive: (dataset: RDD<T>, pinned: Partitioning | undefined) => RDD<U>,
  ): DStream<U> {
    return new DStream(derivedNode(this.node, kind, derive, { shuffle: { partitioning } }));
  }

  #combine<K, V, C>(
    this: DStream<[K, V]>,
    kind: string,
    aggregator: Aggregator<V, C>,
    partitioning: Partitioning | undefined,
  ): DStream<[K, C]> {
    return new DStream(combinedPerBatch(this.node, kind, aggregator, partitioning));
  }

  #with<K, V, W, R>(
    this: DStream<[K, V]>,
    kind: string,
    other: DStream<[K, W]>,
    partitioning: Partitioning | undefined,
    combine: Combine<[K, V], [K, W], R>,
  ): DStream<R> {
    return new DStream(combinedNode(kind, this.node, other.node, combine, partitioning));
  }

  #statePartitioner(partitioning: Partitioning | undefined): Partitioner {
    const chosen = partitioning ?? this.node.scope.environment.defaultParallelism;
    return partitionerOf(chosen, KeyGroupPartitioner);
  }
}

/** The stream of what the function of `mapWithState` returned. */
export class MapWithStateDStream<K, S, M> extends DStream<M> {
  readonly #node: MapWithStateNode<K, unknown, S, M>;

  constructor(node: MapWithStateNode<K, unknown, S, M>) {
    super(node);
    this.#node = node;
  }

  /** All keys with their state, after each batch. */
  stateSnapshots(): DStream<[K, S]> {
    return new DStream(new StateSnapshotsNode<K, S>(this.#node));
  }
}

function keyedByNull<T>(dataset: RDD<T>): RDD<[null, T]> {
  return dataset.map((record): [null, T] => [null, record]);
}
