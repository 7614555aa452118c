import { type Flow, type Push, pushArray } from "../flow.ts";
import { RDDNode } from "../node.ts";
import type { Partitioner } from "../partitioner.ts";
import { Shuffle } from "../shuffle.ts";

/** `partitionBy`: the same pairs, each in the partition of its key. */
export class PartitionByNode<K, V> extends RDDNode<[K, V]> {
  readonly #shuffle: Shuffle<K, V>;

  constructor(parent: RDDNode<[K, V]>, partitioner: Partitioner, kind: string) {
    const shuffle = new Shuffle<K, V>(parent, () => partitioner);
    super(parent.environment, kind, [{ kind: "stage", barrier: shuffle }], partitioner);
    shuffle.readBy(this);
    this.#shuffle = shuffle;
  }

  get partitionCount(): number {
    return this.partitioner?.partitionCount ?? 1;
  }

  protected async compute(partition: number, flow: Flow, push: Push<[K, V]>): Promise<void> {
    for (const bucket of await this.#shuffle.pairsOf(partition, flow)) {
      await pushArray(bucket, flow, push);
    }
  }
}

/** The pairs in the partitions of `partitioner`: as they are where they are there already, else shuffled for that kind. */
export function partitionedBy<K, V>(
  parent: RDDNode<[K, V]>,
  partitioner: Partitioner,
  kind = "partitionBy",
): RDDNode<[K, V]> {
  return parent.partitioner?.equals(partitioner) === true
    ? parent
    : new PartitionByNode(parent, partitioner, kind);
}
