import { functionArgument } from "../../../base/index.ts";
import { type Flow, type Push, pushArray, pushAsyncIterable, pushIterable } from "../flow.ts";
import { NarrowNode, type RDDNode } from "../node.ts";
import { guardedAsyncRecords, guardedRecords, userError } from "../user-function.ts";

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
    this.#f = functionArgument("f", f);
  }

  protected async compute(partition: number, flow: Flow, push: Push<T>): Promise<void> {
    const records = await this.parent.gather(partition, flow);
    const results = await this.#resultsOf(partition, records, flow);
    if (Array.isArray(results)) return pushArray(results as readonly T[], flow, push);
    const { site } = this;
    if (isAsync(results)) {
      return pushAsyncIterable(guardedAsyncRecords(results, site, flow.task), flow, push);
    }
    return pushIterable(guardedRecords(results, site, flow.task), flow, push);
  }

  async #resultsOf(
    partition: number,
    records: readonly P[],
    flow: Flow,
  ): Promise<Iterable<T> | AsyncIterable<T>> {
    try {
      return await this.#f(partition, records);
    } catch (error) {
      throw userError(this.site, flow.task, error);
    }
  }
}

function isAsync<T>(results: Iterable<T> | AsyncIterable<T>): results is AsyncIterable<T> {
  return Symbol.asyncIterator in Object(results);
}
