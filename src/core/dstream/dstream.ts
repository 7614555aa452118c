/**
 * Owns: the fluent class of a stream: every method is a line that makes an operator of the graph.
 * Does not own: the operators (operators/), the output operations (dstream-outputs.ts).
 */
import { StreamError } from "../../base/index.ts";
import {
  type Aggregator,
  ArrayNode,
  grouping,
  HashPartitioner,
  KeyGroupPartitioner,
  type NotPromise,
  type Partitioner,
  type Partitioning,
  type PartitionResult,
  RDD,
  type RDDNode,
  reducing,
} from "../rdd/index.ts";
import {
  type StorageLevel,
  type StorageLevelName,
  StorageLevels,
  storageLevel,
} from "../storage-level.ts";
import { type Duration, floorToGrid } from "../time.ts";
import { DStreamOutputs } from "./dstream-outputs.ts";
import type { DStreamNode } from "./node.ts";
import { CombinedNode, DerivedNode } from "./operators/derived.ts";
import {
  type MappingFunction,
  MapWithStateNode,
  StateSnapshotsNode,
} from "./operators/map-with-state.ts";
import { UnionStreamNode } from "./operators/union.ts";
import {
  type UpdateFunction,
  type UpdatePartitionFunction,
  UpdateStateByKeyNode,
} from "./operators/update-state-by-key.ts";
import { datasetsWithin, WindowNode, windowSize } from "./operators/window.ts";
import { type StateSettings, StateSpec, stateOptionsOf } from "./state-spec.ts";
import type { StreamHost } from "./stream.ts";
import { combinedPerBatch, incrementalWindow, reducedByKeyAndWindow } from "./windows.ts";

/** A stream: a dataset per batch time, described once. */
export class DStream<T> extends DStreamOutputs<T> {
  /** The time between two datasets, in ms. */
  get slideDuration(): Duration {
    return this.node.slideMs as Duration;
  }

  /** The context that it belongs to. */
  get context(): StreamHost {
    return this.node.scope.host;
  }

  /** The operators that it is made from. */
  get dependencies(): readonly { readonly uid: string; readonly kind: string }[] {
    return this.node.parents;
  }

  /** The id of its operator: the given one, else a hash of what it does to what. */
  get id(): string {
    return this.node.uid;
  }

  /** Gives its operator an id that stays the same however the program changes; throws `uid_fixed`, `uid_taken`. */
  uid(uid: string): this {
    this.node.giveUid(uid);
    return this;
  }

  /** Keeps its datasets from their first computation on; throws `storage_level_unknown`, `graph_fixed`. */
  persist(level: StorageLevelName | StorageLevel = StorageLevels.MEMORY_ONLY): this {
    this.node.persist(storageLevel(level));
    return this;
  }

  /** `persist()` in memory. */
  cache(): this {
    return this.persist();
  }

  /** The dataset of a batch time; undefined where the stream has none. */
  async compute(timeMs: number): Promise<RDD<T> | undefined> {
    const dataset = await this.node.at(timeMs);
    return dataset && new RDD(dataset);
  }

  /** One record for each record. A function that returns pairs makes a stream of pairs. */
  map<K, V>(f: (record: T) => readonly [K, V] & NotPromise<K> & NotPromise<V>): DStream<[K, V]>;
  map<U>(f: (record: T) => U & NotPromise<U>): DStream<U>;
  map<U>(f: (record: T) => U & NotPromise<U>): DStream<U> {
    return this.#derive("map", (dataset) => dataset.map(f));
  }

  /** Any number of records for each record. */
  flatMap<K, V>(f: (record: T) => Iterable<readonly [K, V]>): DStream<[K, V]>;
  flatMap<U>(f: (record: T) => Iterable<U>): DStream<U>;
  flatMap<U>(f: (record: T) => Iterable<U>): DStream<U> {
    return this.#derive("flatMap", (dataset) => dataset.flatMap(f));
  }

  /** The records for which the predicate holds. */
  filter<U extends T>(predicate: (record: T) => record is U): DStream<U>;
  filter(predicate: (record: T) => boolean): DStream<T>;
  filter(predicate: (record: T) => boolean): DStream<T> {
    return this.#derive("filter", (dataset) => dataset.filter(predicate));
  }

  /** One record for each record, by a function that waits; the results keep the order of the records. */
  mapAsync<U>(
    f: (record: T) => PromiseLike<U>,
    options: { concurrency?: number } = {},
  ): DStream<U> {
    return this.#derive("mapAsync", (dataset) => dataset.mapAsync(f, options));
  }

  /** Each partition as one array. */
  glom(): DStream<readonly T[]> {
    return this.#derive("glom", (dataset) => dataset.glom());
  }

  /** A function over the records of a whole partition. */
  mapPartitions<U>(
    f: (records: readonly T[]) => PartitionResult<U>,
    options: { preservesPartitioning?: boolean } = {},
  ): DStream<U> {
    return this.#derive("mapPartitions", (dataset) => dataset.mapPartitions(f, options));
  }

  /** As `mapPartitions`, with the number of the partition. */
  mapPartitionsWithIndex<U>(
    f: (partition: number, records: readonly T[]) => PartitionResult<U>,
    options: { preservesPartitioning?: boolean } = {},
  ): DStream<U> {
    return this.#derive("mapPartitionsWithIndex", (dataset) =>
      dataset.mapPartitionsWithIndex(f, options),
    );
  }

  /** The same records in that many partitions. */
  repartition(partitionCount: number): DStream<T> {
    return this.#derive("repartition", (dataset) => dataset.repartition(partitionCount), [
      partitionCount,
    ]);
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
    return this.#derive("reduce", (dataset) => keyedByNull(dataset).reduceByKey(f, 1).values());
  }

  /** How often each record is in each batch. */
  countByValue(partitioning?: Partitioning): DStream<[T, number]> {
    return this.#derive("countByValue", (dataset) =>
      dataset.map((record): [T, number] => [record, 1]).reduceByKey((a, b) => a + b, partitioning),
    );
  }

  /** Another dataset made of that of each batch, on the driver. */
  transform<U>(f: (dataset: RDD<T>, timeMs: number) => RDD<U> | Promise<RDD<U>>): DStream<U> {
    return transformed([this], (datasets, timeMs) => f(datasets[0] as RDD<T>, timeMs));
  }

  /** A dataset made of those of two streams in each batch, on the driver. */
  transformWith<O, U>(
    other: DStream<O>,
    f: (dataset: RDD<T>, other: RDD<O>, timeMs: number) => RDD<U> | Promise<RDD<U>>,
  ): DStream<U> {
    return transformed([this, other as DStream<never>], (datasets, timeMs) =>
      f(datasets[0] as RDD<T>, datasets[1] as RDD<unknown> as RDD<O>, timeMs),
    );
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

  /** The datasets of the times from `fromMs` to `toMs`, both included, on the grid of the slide; throws `slice_invalid`. */
  async slice(fromMs: number, toMs: number): Promise<RDD<T>[]> {
    const { scope, slideMs } = this.node;
    if (!scope.isStarted || fromMs > toMs) throw new StreamError("slice_invalid", { fromMs, toMs });
    const from = Math.max(floorToGrid(fromMs, slideMs, scope.zeroTimeMs), scope.zeroTimeMs);
    const to = floorToGrid(toMs, slideMs, scope.zeroTimeMs);
    return (await datasetsWithin(this.node, from - slideMs, to)).map((dataset) => new RDD(dataset));
  }

  /** The values of each key in each batch, as an array. */
  groupByKey<K, V>(this: DStream<[K, V]>, partitioning?: Partitioning): DStream<[K, V[]]> {
    return this.#combine("groupByKey", grouping<V>(), partitioning);
  }

  /** The values of each key in each batch as one. */
  reduceByKey<K, V>(
    this: DStream<[K, V]>,
    f: (left: V, right: V) => V,
    partitioning?: Partitioning,
  ): DStream<[K, V]> {
    return this.#combine("reduceByKey", reducing(f), partitioning);
  }

  /** The values of each key in each batch as one, by functions of one's own. */
  combineByKey<K, V, C>(
    this: DStream<[K, V]>,
    aggregator: Omit<Aggregator<V, C>, "mapSideCombine"> & { mapSideCombine?: boolean },
    partitioning?: Partitioning,
  ): DStream<[K, C]> {
    const { mapSideCombine = true, create, mergeValue, mergeCombiners } = aggregator;
    return this.#combine(
      "combineByKey",
      { create, mergeValue, mergeCombiners, mapSideCombine },
      partitioning,
    );
  }

  /** The same pairs, each in the partition of its key. */
  partitionBy<K, V>(this: DStream<[K, V]>, partitioning: Partitioning): DStream<[K, V]> {
    return this.#derive("partitionBy", (dataset) => dataset.partitionBy(partitioning));
  }

  /** Each key with another value. */
  mapValues<K, V, W>(this: DStream<[K, V]>, f: (value: V) => W & NotPromise<W>): DStream<[K, W]> {
    return this.#derive("mapValues", (dataset) => dataset.mapValues(f));
  }

  /** Each key with any number of values for each of its values. */
  flatMapValues<K, V, W>(this: DStream<[K, V]>, f: (value: V) => Iterable<W>): DStream<[K, W]> {
    return this.#derive("flatMapValues", (dataset) => dataset.flatMapValues(f));
  }

  /** Each key of either stream with the values of both, per batch. */
  cogroup<K, V, W>(
    this: DStream<[K, V]>,
    other: DStream<[K, W]>,
    partitioning?: Partitioning,
  ): DStream<[K, [V[], W[]]]> {
    return this.#with("cogroup", other, (left, right) => left.cogroup(right, partitioning));
  }

  /** Every pair of values of a key that both streams have, per batch. */
  join<K, V, W>(
    this: DStream<[K, V]>,
    other: DStream<[K, W]>,
    partitioning?: Partitioning,
  ): DStream<[K, [V, W]]> {
    return this.#with("join", other, (left, right) => left.join(right, partitioning));
  }

  /** As `join`; keys that only this stream has come with undefined. */
  leftOuterJoin<K, V, W>(
    this: DStream<[K, V]>,
    other: DStream<[K, W]>,
    partitioning?: Partitioning,
  ): DStream<[K, [V, W | undefined]]> {
    return this.#with("leftOuterJoin", other, (l, r) => l.leftOuterJoin(r, partitioning));
  }

  /** As `join`; keys that only the other stream has come with undefined. */
  rightOuterJoin<K, V, W>(
    this: DStream<[K, V]>,
    other: DStream<[K, W]>,
    partitioning?: Partitioning,
  ): DStream<[K, [V | undefined, W]]> {
    return this.#with("rightOuterJoin", other, (l, r) => l.rightOuterJoin(r, partitioning));
  }

  /** As `join`; keys that only one of the streams has come with undefined. */
  fullOuterJoin<K, V, W>(
    this: DStream<[K, V]>,
    other: DStream<[K, W]>,
    partitioning?: Partitioning,
  ): DStream<[K, [V | undefined, W | undefined]]> {
    return this.#with("fullOuterJoin", other, (l, r) => l.fullOuterJoin(r, partitioning));
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
    f: (left: V, right: V) => V,
    window: Duration,
    slide?: Duration,
    options?: { partitioning?: Partitioning | undefined },
  ): DStream<[K, V]>;
  reduceByKeyAndWindow<K, V>(
    this: DStream<[K, V]>,
    f: (left: V, right: V) => V,
    inverse: (total: V, leaving: V) => V,
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
    f: UpdateFunction<K, V, S>,
    settings: StateSettings<K, S> = {},
  ): DStream<[K, S]> {
    return this.#updateState({ each: f }, settings);
  }

  /** As `updateStateByKey`, by a function over all keys of a partition at once. */
  updateStateByPartition<K, V, S>(
    this: DStream<[K, V]>,
    f: UpdatePartitionFunction<K, V, S>,
    settings: StateSettings<K, S> = {},
  ): DStream<[K, S]> {
    return this.#updateState({ partitions: f }, settings);
  }

  /** What a function makes of each record and the state of its key; keys without data cost nothing. */
  mapWithState<K, V, S, M>(
    this: DStream<[K, V]>,
    spec: StateSpec<K, V, S, M> | MappingFunction<K, V, S, M>,
  ): MapWithStateDStream<K, S, Exclude<M, undefined>> {
    const { f, settings } = typeof spec === "function" ? StateSpec.function(spec) : spec;
    const { timeout } = settings;
    const node = new MapWithStateNode<K, V, S, M>(this.node, f, {
      ...stateOptionsOf(settings, this.#statePartitioner(settings.partitioning)),
      timeoutMs: timeout,
    });
    return new MapWithStateDStream(
      node as DStreamNode<unknown> as MapWithStateNode<K, unknown, S, Exclude<M, undefined>>,
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
    derive: (dataset: RDD<T>, timeMs: number) => RDD<U>,
    parameters: readonly unknown[] = [],
  ): DStream<U> {
    const deriveNode = (dataset: RDDNode<T>, timeMs: number) =>
      derive(new RDD(dataset), timeMs).node;
    return new DStream(new DerivedNode(this.node, kind, deriveNode, parameters));
  }

  #combine<K, V, C>(
    this: DStream<[K, V]>,
    kind: string,
    aggregator: Aggregator<V, C>,
    partitioning: Partitioning | undefined,
  ): DStream<[K, C]> {
    const { defaultParallelism } = this.node.scope.environment;
    const partitioner = hashPartitioner(partitioning ?? defaultParallelism);
    return new DStream(combinedPerBatch(this.node, kind, aggregator, partitioner));
  }

  #with<K, V, W, R>(
    this: DStream<[K, V]>,
    kind: string,
    other: DStream<[K, W]>,
    combine: (left: RDD<[K, V]>, right: RDD<[K, W]>) => RDD<R>,
  ): DStream<R> {
    const parents = [this.node as DStreamNode<unknown>, other.node as DStreamNode<unknown>];
    return new DStream(
      new CombinedNode(
        parents,
        kind,
        ([left, right]) =>
          combine(
            new RDD(left as RDDNode<unknown> as RDDNode<[K, V]>),
            new RDD(right as RDDNode<unknown> as RDDNode<[K, W]>),
          ).node,
      ),
    );
  }

  #statePartitioner(partitioning: Partitioning | undefined): Partitioner {
    const chosen = partitioning ?? this.node.scope.environment.defaultParallelism;
    return typeof chosen === "number" ? new KeyGroupPartitioner(chosen) : chosen;
  }
}

/** Where an incremental window puts its keys, and which it keeps. */
export interface WindowOptions<K, V> {
  readonly partitioning?: Partitioning | undefined;
  readonly filter?: ((key: K, value: V) => boolean) | undefined;
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
    return new DStream(
      new StateSnapshotsNode<K, S>(this.#node as MapWithStateNode<K, unknown, S, unknown>),
    );
  }
}

/** A stream made of several by a function over their datasets, on the driver. */
export function transformed<U>(
  streams: readonly DStream<never>[] | readonly DStream<unknown>[],
  f: (datasets: readonly RDD<unknown>[], timeMs: number) => RDD<U> | Promise<RDD<U>>,
): DStream<U> {
  const parents = streams.map((stream) => stream.node as DStreamNode<unknown>);
  return new DStream(
    new CombinedNode<U>(parents, "transform", async (datasets, timeMs) => {
      const result = await f(
        datasets.map((dataset) => new RDD(dataset)),
        timeMs,
      );
      if (!(result instanceof RDD)) throw new StreamError("dataset_expected", { timeMs });
      return result.node;
    }),
  );
}

function keyedByNull<T>(dataset: RDD<T>): RDD<[null, T]> {
  return dataset.map((record): [null, T] => [null, record]);
}

function hashPartitioner(partitioning: Partitioning): Partitioner {
  return typeof partitioning === "number" ? new HashPartitioner(partitioning) : partitioning;
}
