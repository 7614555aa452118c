/** Owns: the reduce side of a shuffle that combines: one pair of each key with its combined value. */
import { KeyMap } from "../../../codec/index.ts";
import { type Aggregator, type Combined, combineInto, joinInto } from "../aggregator.ts";
import { type Flow, type Push, pushArray, pushIterable } from "../flow.ts";
import { RDDNode } from "../node.ts";
import type { Partitioner } from "../partitioner.ts";
import { CombinedPairs, Shuffle } from "../shuffle.ts";

/**
 * One pair of each key with its combined value. What was merged is kept as long as the dataset lives, because merging
 * may change combined values in place and so happens once.
 */
export class CombineByKeyNode<K, V, C> extends RDDNode<[K, C]> {
  readonly #shuffle: Shuffle<K, V, C>;
  readonly #aggregator: Aggregator<V, C>;
  readonly #merged: (Promise<Combined<K, C>> | undefined)[] = [];

  constructor(
    parent: RDDNode<[K, V]>,
    kind: string,
    partitioner: Partitioner,
    aggregator: Aggregator<V, C>,
  ) {
    const shuffle = new Shuffle<K, V, C>(parent, () => partitioner, { aggregator });
    super(parent.environment, kind, [{ kind: "stage", barrier: shuffle }], partitioner);
    shuffle.readBy(this);
    this.#shuffle = shuffle;
    this.#aggregator = aggregator;
  }

  get partitionCount(): number {
    return this.partitioner?.partitionCount ?? 1;
  }

  protected async compute(partition: number, flow: Flow, push: Push<[K, C]>): Promise<void> {
    const combined = await this.#combinedOf(partition, flow);
    await pushIterable(combined.entries(), flow, ([key, holder]) => push([key, holder.value]));
  }

  #combinedOf(partition: number, flow: Flow): Promise<Combined<K, C>> {
    const merging = this.#merged[partition] ?? this.#merge(partition, flow.nested());
    this.#merged[partition] = merging;
    return merging.catch((error: unknown) => {
      this.#merged[partition] = undefined;
      this.#shuffle.invalidate();
      throw error;
    });
  }

  async #merge(partition: number, flow: Flow): Promise<Combined<K, C>> {
    const buckets = await this.#shuffle.takeBuckets(partition, flow);
    const [first] = buckets;
    if (buckets.length === 1 && first instanceof KeyMap) return first;
    const combined: Combined<K, C> = new KeyMap();
    const add = combineInto<K, V, C>(combined, this.#aggregator, this.site, flow);
    const join = joinInto<K, V, C>(combined, this.#aggregator, this.site, flow);
    for (const bucket of buckets) {
      if (bucket instanceof KeyMap) await pushIterable(bucket.entries(), flow, join);
      else if (bucket instanceof CombinedPairs) {
        await pushArray(bucket.pairs, flow, ([key, value]) =>
          join([key, { value, isShared: false }]),
        );
      } else await pushArray(bucket, flow, add);
    }
    return combined;
  }
}
