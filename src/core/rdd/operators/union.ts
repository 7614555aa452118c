import type { DatasetEnvironment } from "../environment.ts";
import type { Flow, Push } from "../flow.ts";
import { narrow } from "../lineage.ts";
import { RDDNode } from "../node.ts";
import type { Partitioner } from "../partitioner.ts";

/** `union`: the partitions of all parents, one after the other. */
export class UnionNode<T> extends RDDNode<T> {
  /** Summed up once, as unions of unions would ask each other over and over. */
  readonly partitionCount: number;
  readonly #parents: readonly RDDNode<T>[];

  constructor(environment: DatasetEnvironment, parents: readonly RDDNode<T>[], kind = "union") {
    super(environment, kind, narrow(...parents));
    this.#parents = parents;
    this.partitionCount = parents.reduce((count, parent) => count + parent.partitionCount, 0);
  }

  protected async compute(partition: number, flow: Flow, push: Push<T>): Promise<void> {
    let index = partition;
    for (const parent of this.#parents) {
      if (index < parent.partitionCount) return parent.run(index, flow, push);
      index -= parent.partitionCount;
    }
  }
}

/** `union` of parents that all share one partitioner: partition i is the union of their partitions i. */
export class CoPartitionedUnionNode<T> extends RDDNode<T> {
  readonly #parents: readonly RDDNode<T>[];

  constructor(
    environment: DatasetEnvironment,
    parents: readonly RDDNode<T>[],
    partitioner: Partitioner,
    kind = "union",
  ) {
    super(environment, kind, narrow(...parents), partitioner);
    this.#parents = parents;
  }

  get partitionCount(): number {
    return this.partitioner?.partitionCount ?? 0;
  }

  protected async compute(partition: number, flow: Flow, push: Push<T>): Promise<void> {
    for (const parent of this.#parents) {
      if (flow.stopped) return;
      await parent.run(partition, flow, push);
    }
  }
}

/** The union of datasets; it keeps their partitioner where all have the same. */
export function unionOf<T>(
  environment: DatasetEnvironment,
  parents: readonly RDDNode<T>[],
  kind = "union",
): RDDNode<T> {
  const [first] = parents;
  const partitioner = first?.partitioner;
  const shared =
    partitioner !== undefined &&
    parents.every((parent) => parent.partitioner?.equals(partitioner) === true);
  return shared
    ? new CoPartitionedUnionNode(environment, parents, partitioner, kind)
    : new UnionNode(environment, parents, kind);
}
