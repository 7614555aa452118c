/** Owns: a dataset whose partitions are read from somewhere by a function each. */
import type { DatasetEnvironment } from "../environment.ts";
import type { Flow, Push } from "../flow.ts";
import { RDDNode } from "../node.ts";

/** Pushes the records of one partition; reads them anew each time. */
export type PartitionReader<T> = (flow: Flow, push: Push<T>) => Promise<void>;

/** A dataset with one reader per partition. */
export class SourceNode<T> extends RDDNode<T> {
  readonly #readers: readonly PartitionReader<T>[];

  constructor(
    environment: DatasetEnvironment,
    kind: string,
    readers: readonly PartitionReader<T>[],
  ) {
    super(environment, kind, []);
    this.#readers = readers;
  }

  get partitionCount(): number {
    return this.#readers.length;
  }

  protected async compute(partition: number, flow: Flow, push: Push<T>): Promise<void> {
    await this.#readers[partition]?.(flow, push);
    if (flow.isSuspended) await flow.resume();
  }
}
