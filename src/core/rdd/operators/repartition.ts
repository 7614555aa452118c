import { type Flow, type Push, pushArray } from "../flow.ts";
import { NarrowNode, RDDNode } from "../node.ts";
import { checkPartitionCount, type Partitioner } from "../partitioner.ts";
import { Shuffle } from "../shuffle.ts";

/** Numbers are their own partition, modulo the count. */
class TurnPartitioner implements Partitioner {
  readonly partitionCount: number;

  constructor(partitionCount: number) {
    this.partitionCount = checkPartitionCount(partitionCount);
  }

  partitionOf(turn: unknown): number {
    return (turn as number) % this.partitionCount;
  }

  equals(other: Partitioner): boolean {
    return other === this;
  }
}

/** Deals records out in turn, beginning at a place that differs from partition to partition. */
class DealNode<T> extends NarrowNode<T, [number, T]> {
  protected compute(partition: number, flow: Flow, push: Push<[number, T]>): Promise<void> {
    let turn = partition;
    return this.parent.run(partition, flow, (record) => push([turn++, record]));
  }
}

/** `repartition`: a full shuffle to exactly that many partitions, of about the same size. */
export class RepartitionNode<T> extends RDDNode<T> {
  readonly #shuffle: Shuffle<number, T>;
  readonly #count: number;

  constructor(parent: RDDNode<T>, partitionCount: number) {
    const partitioner = new TurnPartitioner(partitionCount);
    const shuffle = new Shuffle<number, T>(new DealNode(parent, "repartition"), () => partitioner);
    super(parent.environment, "repartition", [{ kind: "stage", barrier: shuffle }]);
    shuffle.readBy(this);
    this.#shuffle = shuffle;
    this.#count = partitionCount;
  }

  get partitionCount(): number {
    return this.#count;
  }

  protected async compute(partition: number, flow: Flow, push: Push<T>): Promise<void> {
    for (const bucket of await this.#shuffle.pairsOf(partition, flow)) {
      await pushArray(bucket, flow, ([, record]) => push(record));
    }
  }
}
