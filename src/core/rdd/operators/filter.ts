import { functionArgument } from "../../../base/index.ts";
import type { Flow, Push } from "../flow.ts";
import { NarrowNode, type RDDNode } from "../node.ts";
import { refusePromise, userError } from "../user-function.ts";

/** `filter`: the records for which the predicate holds. */
export class FilterNode<T> extends NarrowNode<T, T> {
  readonly #predicate: (record: T) => unknown;

  constructor(parent: RDDNode<T>, predicate: (record: T) => unknown, kind = "filter") {
    super(parent, kind, parent.partitioner);
    this.#predicate = functionArgument("predicate", predicate);
  }

  protected compute(partition: number, flow: Flow, push: Push<T>): Promise<void> {
    const predicate = this.#predicate;
    const { site } = this;
    const { task } = flow;
    return this.parent.run(partition, flow, (record) => {
      let holds: unknown;
      try {
        holds = predicate(record);
        if (typeof holds === "object") refusePromise(holds);
      } catch (error) {
        throw userError(site, task, error);
      }
      if (holds) push(record);
    });
  }
}
