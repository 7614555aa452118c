/**
 * Owns: sorting across partitions: a stage that samples the keys and tells the bounds, then a shuffle by range, then a
 * sort of each partition.
 */
import { compareKeys } from "../../../codec/index.ts";
import { checkPair } from "../aggregator.ts";
import { type Flow, type Push, pushArray } from "../flow.ts";
import { type Dependency, narrow, type StageBarrier } from "../lineage.ts";
import { RDDNode } from "../node.ts";
import { checkPartitionCount, type Partitioner, RangePartitioner } from "../partitioner.ts";
import { Shuffle } from "../shuffle.ts";
import type { OperatorSite } from "../task.ts";

/** Sampled keys per partition of the result and task; enough for parts that differ by a few percent. */
const samplesPerPart = 60;

/** A stage that samples the keys of a dataset and tells the bounds of its partitions. */
class RangeBounds<K> implements StageBarrier {
  readonly purpose = "range bounds";
  readonly dependencies: readonly Dependency[];
  readonly #parent: RDDNode<[K, unknown]>;
  readonly #partitionCount: number;
  readonly #ascending: boolean;
  readonly #samples: (readonly K[] | undefined)[] = [];
  #partitioner: RangePartitioner | undefined;

  constructor(parent: RDDNode<[K, unknown]>, partitionCount: number, ascending: boolean) {
    this.#parent = parent;
    this.dependencies = narrow(parent);
    this.#partitionCount = partitionCount;
    this.#ascending = ascending;
    if (partitionCount === 1) this.#partitioner = new RangePartitioner([], ascending);
  }

  get site(): OperatorSite {
    return this.#parent.site;
  }

  get taskCount(): number {
    return this.#parent.partitionCount;
  }

  /** The partitioner that the samples tell; known when the stage is complete. */
  get partitioner(): Partitioner {
    return this.#partitioner ?? new RangePartitioner([], this.#ascending);
  }

  isComplete(): boolean {
    return this.#partitioner !== undefined;
  }

  missingTasks(): readonly number[] {
    return Array.from({ length: this.taskCount }, (_, task) => task).filter(
      (task) => this.#samples[task] === undefined,
    );
  }

  /** Keeps every n-th key, doubling n whenever the sample grows too large: no randomness, so a retry tells the same. */
  async runTask(partition: number, flow: Flow): Promise<void> {
    const { site } = this;
    const sampleMax = 2 * samplesPerPart * this.#partitionCount;
    let sample: K[] = [];
    let every = 1;
    let seen = 0;
    await this.#parent.run(partition, flow, (pair) => {
      checkPair(pair, site);
      if (seen++ % every !== 0) return;
      sample.push(pair[0]);
      if (sample.length < sampleMax) return;
      sample = sample.filter((_, index) => index % 2 === 0);
      every *= 2;
    });
    this.#samples[partition] = sample;
  }

  finish(): void {
    const sample = this.#samples.flatMap((keys) => keys ?? []);
    this.#partitioner = RangePartitioner.ofSample(sample, this.#partitionCount, this.#ascending);
  }
}

/** `sortByKey`: pairs in the order of their keys, over all partitions; pairs of equal keys keep their order. */
export class SortByKeyNode<K, V> extends RDDNode<[K, V]> {
  readonly #shuffle: Shuffle<K, V>;
  readonly #partitionCount: number;
  readonly #ascending: boolean;

  constructor(
    parent: RDDNode<[K, V]>,
    ascending: boolean,
    partitionCount: number,
    kind = "sortByKey",
  ) {
    const bounds = new RangeBounds<K>(parent, checkPartitionCount(partitionCount), ascending);
    const shuffle = new Shuffle<K, V>(parent, () => bounds.partitioner, {
      before: bounds.isComplete() ? [] : [{ kind: "stage", barrier: bounds }],
    });
    super(parent.environment, kind, [{ kind: "stage", barrier: shuffle }]);
    this.#shuffle = shuffle;
    this.#partitionCount = partitionCount;
    this.#ascending = ascending;
  }

  get partitionCount(): number {
    return this.#partitionCount;
  }

  protected async compute(partition: number, flow: Flow, push: Push<[K, V]>): Promise<void> {
    await pushArray(sortedPairs(this.#shuffle, partition, this.#ascending), flow, push);
  }
}

/** `repartitionAndSortWithinPartitions`: each partition of the partitioner in the order of its keys. */
export class RepartitionAndSortNode<K, V> extends RDDNode<[K, V]> {
  readonly #shuffle: Shuffle<K, V>;

  constructor(parent: RDDNode<[K, V]>, partitioner: Partitioner) {
    const shuffle = new Shuffle<K, V>(parent, () => partitioner);
    super(
      parent.environment,
      "repartitionAndSortWithinPartitions",
      [{ kind: "stage", barrier: shuffle }],
      partitioner,
    );
    this.#shuffle = shuffle;
  }

  get partitionCount(): number {
    return this.partitioner?.partitionCount ?? 1;
  }

  protected async compute(partition: number, flow: Flow, push: Push<[K, V]>): Promise<void> {
    await pushArray(sortedPairs(this.#shuffle, partition, true), flow, push);
  }
}

function sortedPairs<K, V>(
  shuffle: Shuffle<K, V>,
  partition: number,
  ascending: boolean,
): [K, V][] {
  const pairs = (shuffle.bucketsOf(partition) as readonly (readonly [K, V][])[]).flat() as [K, V][];
  return pairs.sort(
    ascending ? (a, b) => compareKeys(a[0], b[0]) : (a, b) => compareKeys(b[0], a[0]),
  );
}
