import { functionArgument, StreamError } from "../../../base/index.ts";
import { type Flow, type Push, pushArray, pushIterable } from "../flow.ts";
import { narrow } from "../lineage.ts";
import { RDDNode } from "../node.ts";
import { guarded, guardedRecords, userError } from "../user-function.ts";

/** `zipPartitions`: a function over the partitions i of several datasets with equally many partitions. */
export class ZipPartitionsNode<T> extends RDDNode<T> {
  readonly #parents: readonly RDDNode<unknown>[];
  readonly #f: (...partitions: (readonly unknown[])[]) => Iterable<T>;

  /** Throws `partitions_differ` when the datasets have different numbers of partitions. */
  constructor(
    parents: readonly RDDNode<unknown>[],
    f: (...partitions: (readonly unknown[])[]) => Iterable<T>,
    kind = "zipPartitions",
  ) {
    const [first] = parents;
    if (first === undefined) throw new StreamError("argument_invalid", { expected: "a dataset" });
    const counts = parents.map((parent) => parent.partitionCount);
    if (counts.some((count) => count !== first.partitionCount)) {
      throw new StreamError("partitions_differ", { partitions: counts });
    }
    super(first.environment, kind, narrow(...parents));
    this.#parents = parents;
    this.#f = functionArgument("f", f);
  }

  get partitionCount(): number {
    return this.#parents[0]?.partitionCount ?? 0;
  }

  protected async compute(partition: number, flow: Flow, push: Push<T>): Promise<void> {
    const inputs: (readonly unknown[])[] = [];
    for (const parent of this.#parents) inputs.push(await parent.gather(partition, flow));
    const results = guarded(this.#f, this.site, flow.task)(...inputs);
    if (Array.isArray(results)) return pushArray(results as readonly T[], flow, push);
    return pushIterable(guardedRecords(results, this.site, flow.task), flow, push);
  }
}

/** `zip`: the i-th records of two datasets with the same partitions, as pairs; a different length throws `partitions_differ`. */
export class ZipNode<A, B> extends RDDNode<[A, B]> {
  readonly #left: RDDNode<A>;
  readonly #right: RDDNode<B>;

  constructor(left: RDDNode<A>, right: RDDNode<B>) {
    const partitions = [left.partitionCount, right.partitionCount];
    if (partitions[0] !== partitions[1]) throw new StreamError("partitions_differ", { partitions });
    super(left.environment, "zip", narrow(left, right));
    this.#left = left;
    this.#right = right;
  }

  get partitionCount(): number {
    return this.#left.partitionCount;
  }

  protected async compute(partition: number, flow: Flow, push: Push<[A, B]>): Promise<void> {
    const left = await this.#left.gather(partition, flow);
    const right = await this.#right.gather(partition, flow);
    if (left.length !== right.length) {
      const records = [left.length, right.length];
      throw userError(this.site, flow.task, new StreamError("partitions_differ", { records }));
    }
    let index = 0;
    await pushArray(left, flow, (record) => push([record, right[index++] as B]));
  }
}
