/**
 * Owns: the map side of a shuffle, a stage of its own: it sorts records into one bucket per reduce partition, combining
 * the values of a key where it can.
 * Does not own: what the reduce side makes of the buckets (shuffled-node.ts and the operators).
 * Invariants: I1 a bucket is never changed by a reader, except that `takeBuckets` hands it over for good. I2 a map task
 * that failed leaves no bucket.
 */
import { StreamError } from "../../base/index.ts";
import { KeyMap } from "../../codec/index.ts";
import { type Aggregator, type Combined, checkPair, combineInto } from "./aggregator.ts";
import type { Flow } from "./flow.ts";
import { type Dependency, narrow, type StageBarrier } from "./lineage.ts";
import { type RDDNode } from "./node.ts";
import type { Partitioner } from "./partitioner.ts";
import type { OperatorSite } from "./task.ts";

/** What one map task has for one reduce partition: pairs as they came, or combined by key. */
export type Bucket<K, V, C> = readonly [K, V][] | Combined<K, C>;

/** The map side of a shuffle. */
export class Shuffle<K, V, C = never> implements StageBarrier {
  readonly purpose = "shuffle";
  readonly dependencies: readonly Dependency[];
  readonly #parent: RDDNode<[K, V]>;
  readonly #partitioner: () => Partitioner;
  readonly #aggregator: Aggregator<V, C> | undefined;
  #outputs: (Bucket<K, V, C>[] | undefined)[] = [];

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

  get site(): OperatorSite {
    return this.#parent.site;
  }

  get taskCount(): number {
    return this.#parent.partitionCount;
  }

  isComplete(): boolean {
    return this.missingTasks().length === 0;
  }

  missingTasks(): readonly number[] {
    const missing: number[] = [];
    for (let task = 0; task < this.taskCount; task++) {
      if (this.#outputs[task] === undefined) missing.push(task);
    }
    return missing;
  }

  async runTask(partition: number, flow: Flow): Promise<void> {
    const aggregator = this.#aggregator;
    this.#outputs[partition] =
      aggregator?.mapSideCombine === true
        ? await this.#combine(partition, flow, aggregator)
        : await this.#collect(partition, flow);
  }

  finish(): void {}

  /** The buckets of a reduce partition, in the order of the map partitions; throws `shuffle_output_missing`. */
  bucketsOf(reducePartition: number): readonly Bucket<K, V, C>[] {
    // Another job may have invalidated them since this one's stages were complete.
    if (!this.isComplete())
      throw new StreamError("shuffle_output_missing", { operator: this.site.uid });
    return this.#outputs.flatMap((buckets) => {
      const bucket = buckets?.[reducePartition];
      return bucket === undefined ? [] : [bucket];
    });
  }

  /** As `bucketsOf`, for a reader that will change them; they are gone from here. */
  takeBuckets(reducePartition: number): readonly Bucket<K, V, C>[] {
    const taken = this.bucketsOf(reducePartition);
    for (const buckets of this.#outputs) if (buckets !== undefined) buckets[reducePartition] = [];
    return taken;
  }

  /** Forgets the buckets, so that the map tasks run again; for a reader that took some and failed. */
  invalidate(): void {
    this.#outputs = [];
  }

  async #combine(
    partition: number,
    flow: Flow,
    aggregator: Aggregator<V, C>,
  ): Promise<Bucket<K, V, C>[]> {
    const partitioner = this.#partitioner();
    const buckets = emptyBuckets(partitioner, (): Combined<K, C> => new KeyMap());
    const adders = buckets.map((bucket) => combineInto(bucket, aggregator, this.site, flow));
    await this.#parent.run(partition, flow, this.#routed(adders, partitioner));
    return buckets;
  }

  async #collect(partition: number, flow: Flow): Promise<Bucket<K, V, C>[]> {
    const partitioner = this.#partitioner();
    const buckets = emptyBuckets(partitioner, (): [K, V][] => []);
    const adders = buckets.map((bucket) => (pair: [K, V]) => void bucket.push(pair));
    await this.#parent.run(partition, flow, this.#routed(adders, partitioner));
    return buckets;
  }

  #routed(
    adders: readonly ((pair: [K, V]) => void)[],
    partitioner: Partitioner,
  ): (pair: [K, V]) => void {
    const { site } = this;
    const [only] = adders;
    if (adders.length === 1 && only !== undefined) {
      return (pair) => {
        checkPair(pair, site);
        only(pair);
      };
    }
    return (pair) => {
      checkPair(pair, site);
      adders[partitioner.partitionOf(pair[0])]?.(pair);
    };
  }
}

function emptyBuckets<B>(partitioner: Partitioner, make: () => B): B[] {
  return Array.from({ length: partitioner.partitionCount }, make);
}
