/**
 * Owns: the map side of a shuffle, a stage of its own: it sorts records into one bucket per reduce partition, combining
 * the values of a key where it can.
 * Does not own: what the reduce side makes of the buckets (the operators).
 * Invariants: I1 a bucket is never changed by a reader, except that `takeBuckets` hands it over for good. I2 a map task
 * that failed leaves no bucket.
 */
import { StreamError } from "../../base/index.ts";
import { KeyMap } from "../../codec/index.ts";
import { type Aggregator, type Combined, checkPair, combineInto } from "./aggregator.ts";
import type { Flow } from "./flow.ts";
import { type Dependency, type Lineage, narrow, type StageBarrier } from "./lineage.ts";
import type { RDDNode } from "./node.ts";
import type { Partitioner } from "./partitioner.ts";
import type { OperatorSite } from "./task.ts";
import { userError } from "./user-function.ts";

/** What one map task has for one reduce partition: pairs as they came, or combined by key. */
export type Bucket<K, V, C> = readonly [K, V][] | Combined<K, C>;

/** The map side of a shuffle. */
export class Shuffle<K, V, C = never> implements StageBarrier {
  readonly purpose = "shuffle";
  readonly dependencies: readonly Dependency[];
  readonly #parent: RDDNode<[K, V]>;
  readonly #partitioner: () => Partitioner;
  readonly #aggregator: Aggregator<V, C> | undefined;
  #reader: Lineage | undefined;
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

  /** As `bucketsOf`, of a shuffle that combines nothing. */
  pairsOf(reducePartition: number): readonly (readonly [K, V][])[] {
    return this.bucketsOf(reducePartition).filter((bucket) => Array.isArray(bucket));
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

function emptyBuckets<B>(partitioner: Partitioner, make: () => B): B[] {
  return Array.from({ length: partitioner.partitionCount }, make);
}
