/**
 * Owns: sorting across partitions: a stage that samples the keys and tells the bounds, then a shuffle by range, then a
 * sort of each partition.
 */
import { compareKeys } from "../../../codec/index.ts";
import type { StageAddress } from "../address.ts";
import { checkPair } from "../aggregator.ts";
import { type Flow, type Push, pushArray } from "../flow.ts";
import { type Dependency, type Lineage, narrow, type SharedStage } from "../lineage.ts";
import { RDDNode } from "../node.ts";
import { concatenated, orderedInSlices } from "../ordered.ts";
import { checkPartitionCount, type Partitioner, RangePartitioner } from "../partitioner.ts";
import { Shuffle } from "../shuffle.ts";
import type { OperatorSite } from "../task.ts";
import { guarded } from "../user-function.ts";

/** Sampled keys per partition of the result and task; enough for parts that differ by a few percent. */
const samplesPerPart = 60;

/** Every n-th key of a partition. */
interface Sample<K> {
  readonly keys: readonly K[];
  readonly every: number;
}

/** A stage that samples the keys of a dataset and tells the bounds of its partitions. */
class RangeBounds<K> implements SharedStage {
  readonly purpose = "range bounds";
  address: StageAddress | undefined;
  readonly dependencies: readonly Dependency[];
  readonly #parent: RDDNode<[K, unknown]>;
  readonly #partitionCount: number;
  readonly #ascending: boolean;
  readonly #samples: (Sample<K> | undefined)[] = [];
  #reader: Lineage | undefined;
  #partitioner: RangePartitioner | undefined;

  constructor(parent: RDDNode<[K, unknown]>, partitionCount: number, ascending: boolean) {
    this.#parent = parent;
    this.dependencies = narrow(parent);
    this.#partitionCount = partitionCount;
    this.#ascending = ascending;
    if (partitionCount === 1) this.#partitioner = new RangePartitioner([], ascending);
  }

  /** Tells which dataset is sorted by them: its operator is named in errors. */
  readBy(reader: Lineage): void {
    this.#reader = reader;
  }

  get site(): OperatorSite {
    return (this.#reader ?? this.#parent).site;
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
    const check = guarded(checkPair, this.site, flow.task);
    const sampleMax = 2 * samplesPerPart * this.#partitionCount;
    let keys: K[] = [];
    let every = 1;
    let seen = 0;
    await this.#parent.run(partition, flow, (pair) => {
      check(pair);
      if (seen++ % every !== 0) return;
      keys.push(pair[0]);
      if (keys.length < sampleMax) return;
      keys = keys.filter((_, index) => index % 2 === 0);
      every *= 2;
    });
    this.#samples[partition] = { keys, every };
  }

  /** A key of a large partition stands for more pairs than one of a small partition: all are thinned out alike. */
  finish(): void {
    const samples = this.#samples.filter((sample) => sample !== undefined);
    const every = Math.max(1, ...samples.map((sample) => sample.every));
    const keys = samples.flatMap((sample) =>
      sample.keys.filter((_, index) => index % (every / sample.every) === 0),
    );
    const tellBounds = guarded(() => this.#boundsOf(keys), this.site, undefined);
    this.#partitioner = tellBounds();
  }

  outcomeOf(task: number): Sample<K> | undefined {
    return this.#samples[task];
  }

  completedElsewhere(task: number, outcome: Sample<K>): void {
    this.#samples[task] = outcome;
  }

  facts(): readonly K[] {
    return (this.#partitioner?.bounds ?? []) as readonly K[];
  }

  learn(bounds: readonly K[]): void {
    this.#partitioner = new RangePartitioner(bounds, this.#ascending);
  }

  #boundsOf(sample: readonly K[]): RangePartitioner {
    return RangePartitioner.ofSample(sample, this.#partitionCount, this.#ascending);
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
    bounds.readBy(this);
    shuffle.readBy(this);
    this.#shuffle = shuffle;
    this.#partitionCount = partitionCount;
    this.#ascending = ascending;
  }

  get partitionCount(): number {
    return this.#partitionCount;
  }

  protected async compute(partition: number, flow: Flow, push: Push<[K, V]>): Promise<void> {
    const pairs = await this.#shuffle.pairsOf(partition, flow);
    await pushSorted(pairs, { ascending: this.#ascending, site: this.site, flow }, push);
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
    shuffle.readBy(this);
    this.#shuffle = shuffle;
  }

  get partitionCount(): number {
    return this.partitioner?.partitionCount ?? 1;
  }

  protected async compute(partition: number, flow: Flow, push: Push<[K, V]>): Promise<void> {
    const pairs = await this.#shuffle.pairsOf(partition, flow);
    await pushSorted(pairs, { ascending: true, site: this.site, flow }, push);
  }
}

async function pushSorted<K, V>(
  buckets: readonly (readonly [K, V][])[],
  { ascending, flow, site }: { ascending: boolean; flow: Flow; site: OperatorSite },
  push: Push<[K, V]>,
): Promise<void> {
  const compare = guarded(
    ascending
      ? (a: [K, V], b: [K, V]) => compareKeys(a[0], b[0])
      : (a: [K, V], b: [K, V]) => compareKeys(b[0], a[0]),
    site,
    flow.task,
  );
  await pushArray(await orderedInSlices(concatenated(buckets), compare, flow.pacer), flow, push);
}
