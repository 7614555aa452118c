/**
 * Owns: datasets that one process makes and others read: how they look to both, which has to be the same, as what is made
 * of them depends on it.
 * Does not own: how they are read (src/executor).
 */
import type { DatasetEnvironment } from "../environment.ts";
import type { Flow, Push } from "../flow.ts";
import { NarrowNode, RDDNode } from "../node.ts";
import {
  describedPartitioner,
  describePartitioner,
  type PartitionerDescription,
} from "../partitioner.ts";

/** What has to be known of a dataset before any of its records. Plain data. */
export interface DatasetShape {
  readonly partitionCount: number;
  readonly partitioner: PartitionerDescription | undefined;
}

/** Pushes the records of one partition, from where they are. */
export type ReadPartition<T> = (partition: number, flow: Flow, push: Push<T>) => Promise<void>;

/** A dataset that another process makes. */
export class ReadNode<T> extends RDDNode<T> {
  readonly partitionCount: number;
  readonly #read: ReadPartition<T>;

  constructor(
    environment: DatasetEnvironment,
    kind: string,
    { partitionCount, partitioner }: DatasetShape,
    read: ReadPartition<T>,
  ) {
    super(environment, kind, [], partitioner && describedPartitioner(partitioner));
    this.partitionCount = partitionCount;
    this.#read = read;
  }

  protected compute(partition: number, flow: Flow, push: Push<T>): Promise<void> {
    return this.#read(partition, flow, push);
  }
}

/** A dataset without its partitioner. */
class UnpartitionedNode<T> extends NarrowNode<T, T> {
  protected compute(partition: number, flow: Flow, push: Push<T>): Promise<void> {
    return this.parent.run(partition, flow, push);
  }
}

/** The dataset as other processes see it: a partitioner that they cannot know is none. */
export function asDescribed<T>(dataset: RDDNode<T>): RDDNode<T> {
  const { partitioner } = dataset;
  const isKnown = partitioner === undefined || describePartitioner(partitioner) !== undefined;
  return isKnown ? dataset : new UnpartitionedNode(dataset, dataset.kind);
}

/** What others have to know of a dataset. */
export function shapeOf({ partitionCount, partitioner }: RDDNode<unknown>): DatasetShape {
  return { partitionCount, partitioner: partitioner && describePartitioner(partitioner) };
}
