import { type Flow, type Push, pushAsyncIterable, pushIterable } from "../flow.ts";
import { NarrowNode, type RDDNode } from "../node.ts";
import { userError } from "../user-function.ts";

/** What a function over a whole partition may give: records, now or later. */
export type PartitionResult<T> = Iterable<T> | AsyncIterable<T> | Promise<Iterable<T>>;

/** `mapPartitions`: a function over the records of a partition, all at hand as an array. */
export class MapPartitionsNode<P, T> extends NarrowNode<P, T> {
  readonly #f: (partition: number, records: readonly P[]) => PartitionResult<T>;

  constructor(
    parent: RDDNode<P>,
    f: (partition: number, records: readonly P[]) => PartitionResult<T>,
    options: { kind?: string; preservesPartitioning?: boolean } = {},
  ) {
    super(
      parent,
      options.kind ?? "mapPartitions",
      options.preservesPartitioning === true ? parent.partitioner : undefined,
    );
    this.#f = f;
  }

  protected async compute(partition: number, flow: Flow, push: Push<T>): Promise<void> {
    const records = await this.parent.gather(partition, flow);
    // What is pushed on runs inside the iteration of the user's own generator; its errors carry their names already.
    try {
      const results = await this.#f(partition, records);
      if (Symbol.asyncIterator in Object(results)) {
        await pushAsyncIterable(results as AsyncIterable<T>, flow, push);
      } else {
        await pushIterable(results as Iterable<T>, flow, push);
      }
    } catch (error) {
      throw userError(this.site, flow.task, error);
    }
  }
}
