import type { Flow, Push } from "../flow.ts";
import { narrow } from "../lineage.ts";
import { RDDNode } from "../node.ts";
import { checkPartitionCount } from "../partitioner.ts";

/** `coalesce` without a shuffle: neighbouring partitions of the parent become one. */
export class CoalesceNode<T> extends RDDNode<T> {
  readonly #parent: RDDNode<T>;
  readonly #count: number;

  constructor(parent: RDDNode<T>, partitionCount: number) {
    super(parent.environment, "coalesce", narrow(parent));
    this.#parent = parent;
    this.#count = Math.min(checkPartitionCount(partitionCount), parent.partitionCount);
  }

  get partitionCount(): number {
    return this.#count;
  }

  protected async compute(partition: number, flow: Flow, push: Push<T>): Promise<void> {
    const total = this.#parent.partitionCount;
    const until = Math.floor(((partition + 1) * total) / this.#count);
    for (let from = Math.floor((partition * total) / this.#count); from < until; from++) {
      if (flow.stopped) return;
      await this.#parent.run(from, flow, push);
    }
  }
}
