import { keyGroupCount } from "../../../codec/index.ts";
import type { Flow, Push } from "../flow.ts";
import { narrow } from "../lineage.ts";
import { RDDNode } from "../node.ts";
import { KeyGroupPartitioner, type Partitioner } from "../partitioner.ts";

/**
 * The pairs of a state in other partitions than it has, without a shuffle: a partition picks its keys out of those that may
 * have some. So a batch that has to keep the number of partitions it was begun with reads a state that has another by now.
 */
export class RegroupedNode<K, V> extends RDDNode<[K, V]> {
  readonly #parent: RDDNode<[K, V]>;
  readonly #partitioner: Partitioner;

  constructor(parent: RDDNode<[K, V]>, partitioner: Partitioner) {
    super(parent.environment, parent.kind, narrow(parent), partitioner);
    this.#parent = parent;
    this.#partitioner = partitioner;
  }

  get partitionCount(): number {
    return this.#partitioner.partitionCount;
  }

  protected async compute(partition: number, flow: Flow, push: Push<[K, V]>): Promise<void> {
    const partitioner = this.#partitioner;
    const pick: Push<[K, V]> = (pair) => {
      if (partitioner.partitionOf(pair[0]) === partition) push(pair);
    };
    const { first, last } = this.#overlapping(partition);
    for (let from = first; from <= last && !flow.stopped; from++) {
      await this.#parent.run(from, flow, pick);
    }
  }

  /** Partitions by key group own ranges of groups, so that only neighbours have keys in common. */
  #overlapping(partition: number): { readonly first: number; readonly last: number } {
    const { partitionCount, partitioner } = this.#parent;
    const areRanges = [partitioner, this.#partitioner].every(
      (each) => each instanceof KeyGroupPartitioner,
    );
    if (!areRanges) return { first: 0, last: partitionCount - 1 };
    const firstGroup = Math.ceil((partition * keyGroupCount) / this.partitionCount);
    const lastGroup = Math.ceil(((partition + 1) * keyGroupCount) / this.partitionCount) - 1;
    const owning = (group: number) => Math.floor((group * partitionCount) / keyGroupCount);
    return { first: owning(firstGroup), last: owning(lastGroup) };
  }
}
