/**
 * Owns: the map side of a shuffle, a stage of its own: it sorts records into one bucket per reduce partition, combining
 * the values of a key where it can.
 * Does not own: what the reduce side makes of the buckets (the operators), how they travel between processes (src/executor).
 * Invariants: I1 a bucket is never changed by a reader, except that `takeBuckets` hands it over for good. I2 a map task
 * that failed leaves no bucket. I3 where map tasks run in other processes the buckets are there, and this one knows where.
 */
import { StreamError } from "../../base/index.ts";
import { KeyMap } from "../../codec/index.ts";
import type { StageAddress } from "./address.ts";
import { type Aggregator, type Combined, checkPair, combineInto } from "./aggregator.ts";
import type { Flow } from "./flow.ts";
import { type Dependency, type Lineage, narrow, type StageBarrier } from "./lineage.ts";
import type { RDDNode } from "./node.ts";
import type { Partitioner } from "./partitioner.ts";
import type { OperatorSite } from "./task.ts";
import { userError } from "./user-function.ts";

/** Pairs of a key with its combined value, as they came from another process; a key may be there several times. */
export class CombinedPairs<K, C> {
  readonly pairs: readonly (readonly [K, C])[];

  constructor(pairs: readonly (readonly [K, C])[]) {
    this.pairs = pairs;
  }
}

/** What one map task has for one reduce partition: pairs as they came, or combined by key. */
export type Bucket<K, V, C> = readonly [K, V][] | Combined<K, C> | CombinedPairs<K, C>;

/** Fetches the buckets of a reduce partition, one of each map task, in their order. */
export type FetchBuckets = (
  reducePartition: number,
  flow: Flow,
) => Promise<readonly (readonly [unknown, unknown][])[]>;

/** The map side of a shuffle. */
export class Shuffle<K, V, C = never> implements StageBarrier {
  readonly purpose = "shuffle";
  readonly dependencies: readonly Dependency[];
  readonly #parent: RDDNode<[K, V]>;
  readonly #partitioner: () => Partitioner;
  readonly #aggregator: Aggregator<V, C> | undefined;
  #reader: Lineage | undefined;
  #outputs: (Bucket<K, V, C>[] | undefined)[] = [];
  /** Where the output of a map task is, that ran in another process. */
  #places: (string | undefined)[] = [];
  #fetch: FetchBuckets | undefined;
  address: StageAddress | undefined;

  /**
   * `partitioner` is asked when the first task starts, as the bounds of a sort are known only then; what it needs stands
   * in `before`. With an aggregator that says so, values are combined by key within a map task.
   */
  constructor(
    parent: RDDNode<[K, V]>,
    partitioner: () => Partitioner,
    options: { aggregator?: Aggregator<V, C>; before?: readonly Dependency[] } = {},
  ) {
    this.#parent = parent;
    this.dependencies = [...(options.before ?? []), ...narrow(parent)];
    this.#partitioner = partitioner;
    this.#aggregator = options.aggregator;
  }

  /** Tells which dataset the shuffle is for: its operator is named when a function of the map side throws. */
  readBy(reader: Lineage): void {
    this.#reader = reader;
  }

  get site(): OperatorSite {
    return (this.#reader ?? this.#parent).site;
  }

  get taskCount(): number {
    return this.#parent.partitionCount;
  }

  isComplete(): boolean {
    return this.#fetch !== undefined || this.missingTasks().length === 0;
  }

  missingTasks(): readonly number[] {
    const missing: number[] = [];
    for (let task = 0; task < this.taskCount; task++) {
      if (this.#outputs[task] === undefined && !this.#isElsewhere(task)) missing.push(task);
    }
    return missing;
  }

  /** Where the outputs of the map tasks are; undefined for one that is not elsewhere. */
  get places(): readonly (string | undefined)[] {
    return Array.from({ length: this.taskCount }, (_, task) => this.#places[task]);
  }

  /** A map task has run in another process, which has its output. */
  completedAt(task: number, place: string): void {
    this.#places[task] = place;
  }

  /** The output of a map task is no longer there; it is computed again, unless it has come about elsewhere since. */
  lostAt(task: number, place: string): void {
    if (this.#places[task] === place) this.#places[task] = undefined;
  }

  /** From now on the buckets are fetched. */
  fetchBy(fetch: FetchBuckets): void {
    this.#fetch = fetch;
  }

  /** The buckets of a map task that has just run here, as pairs; they are gone from here. */
  handOver(task: number): readonly Iterable<readonly [unknown, unknown]>[] {
    const buckets = this.#outputs[task] ?? [];
    this.#outputs[task] = undefined;
    return buckets.map((bucket) => {
      if (bucket instanceof KeyMap) return combinedPairs(bucket);
      return bucket instanceof CombinedPairs ? bucket.pairs : bucket;
    });
  }

  async runTask(partition: number, flow: Flow): Promise<void> {
    const aggregator = this.#aggregator;
    this.#outputs[partition] =
      aggregator?.mapSideCombine === true
        ? await this.#combine(partition, flow, aggregator)
        : await this.#collect(partition, flow);
  }

  finish(): void {}

  /** The pairs of a reduce partition of a shuffle that combines nothing, in the order of the map partitions; throws `shuffle_output_missing`. */
  async pairsOf(reducePartition: number, flow: Flow): Promise<readonly (readonly [K, V][])[]> {
    if (this.#fetch !== undefined) {
      return (await this.#fetch(reducePartition, flow)) as readonly (readonly [K, V][])[];
    }
    return this.#bucketsOf(reducePartition).filter((bucket) => Array.isArray(bucket));
  }

  /** The buckets of a reduce partition, for a reader that will change them; they are gone from here. Throws `shuffle_output_missing`. */
  async takeBuckets(reducePartition: number, flow: Flow): Promise<readonly Bucket<K, V, C>[]> {
    if (this.#fetch !== undefined) {
      const fetched = await this.#fetch(reducePartition, flow);
      const isCombined = this.#aggregator?.mapSideCombine === true;
      return fetched.map((pairs) =>
        isCombined ? new CombinedPairs(pairs as readonly [K, C][]) : (pairs as readonly [K, V][]),
      );
    }
    const taken = this.#bucketsOf(reducePartition);
    for (const buckets of this.#outputs) if (buckets !== undefined) buckets[reducePartition] = [];
    return taken;
  }

  /** Forgets the buckets, so that the map tasks run again; for a reader that took some and failed. Fetched ones can be fetched again. */
  invalidate(): void {
    this.#outputs = [];
  }

  #isElsewhere(task: number): boolean {
    const place = this.#places[task];
    return place !== undefined && this.#parent.environment.elsewhere?.isGone(place) === false;
  }

  #bucketsOf(reducePartition: number): readonly Bucket<K, V, C>[] {
    // Another job may have invalidated them since this one's stages were complete.
    if (!this.isComplete())
      throw new StreamError("shuffle_output_missing", { operator: this.site.uid });
    return this.#outputs.flatMap((buckets) => {
      const bucket = buckets?.[reducePartition];
      return bucket === undefined ? [] : [bucket];
    });
  }

  async #combine(
    partition: number,
    flow: Flow,
    aggregator: Aggregator<V, C>,
  ): Promise<Bucket<K, V, C>[]> {
    const partitioner = this.#partitioner();
    const buckets = emptyBuckets(partitioner, (): Combined<K, C> => new KeyMap());
    const adders = buckets.map((bucket) => combineInto(bucket, aggregator, this.site, flow));
    await this.#parent.run(partition, flow, this.#routed(adders, partitioner, flow));
    return buckets;
  }

  async #collect(partition: number, flow: Flow): Promise<Bucket<K, V, C>[]> {
    const partitioner = this.#partitioner();
    const buckets = emptyBuckets(partitioner, (): [K, V][] => []);
    const adders = buckets.map((bucket) => collectInto(bucket, this.site, flow));
    await this.#parent.run(partition, flow, this.#routed(adders, partitioner, flow));
    return buckets;
  }

  #routed(
    adders: readonly ((pair: [K, V]) => void)[],
    partitioner: Partitioner,
    { task }: Flow,
  ): (pair: [K, V]) => void {
    const { site } = this;
    const [only] = adders;
    // Every adder checks its pairs, so that a single one can do without this step per record.
    if (adders.length === 1 && only !== undefined) return only;
    return (pair) => {
      let add: (pair: [K, V]) => void;
      try {
        checkPair(pair);
        add = adders[partitioner.partitionOf(pair[0])] ?? refusePartition(partitioner, pair[0]);
      } catch (error) {
        throw userError(site, task, error);
      }
      add(pair);
    };
  }
}

/** Takes pairs as they come; throws `pair_expected`. */
function collectInto<K, V>(
  bucket: [K, V][],
  site: OperatorSite,
  { task }: Flow,
): (pair: [K, V]) => void {
  return (pair) => {
    try {
      checkPair(pair);
    } catch (error) {
      throw userError(site, task, error);
    }
    bucket.push(pair);
  };
}

/** A record whose partitioner names no partition must not get lost. */
function refusePartition(partitioner: Partitioner, key: unknown): never {
  throw new StreamError("argument_invalid", {
    partitionOf: partitioner.partitionOf(key),
    expected: `0 to ${partitioner.partitionCount - 1}`,
  });
}

function* combinedPairs<K, C>(combined: Combined<K, C>): Generator<readonly [K, C]> {
  for (const [key, { value }] of combined.entries()) yield [key, value];
}

function emptyBuckets<B>(partitioner: Partitioner, make: () => B): B[] {
  return Array.from({ length: partitioner.partitionCount }, make);
}
