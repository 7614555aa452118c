import { functionArgument } from "../../../base/index.ts";
import type { Flow, Push } from "../flow.ts";
import { NarrowNode, type RDDNode } from "../node.ts";
import { refusePromise, userError } from "../user-function.ts";

/** `map`: one record for each record. */
export class MapNode<P, T> extends NarrowNode<P, T> {
  readonly #f: (record: P) => T;

  constructor(parent: RDDNode<P>, f: (record: P) => T, kind = "map") {
    super(parent, kind);
    this.#f = functionArgument("f", f);
  }

  protected compute(partition: number, flow: Flow, push: Push<T>): Promise<void> {
    const f = this.#f;
    const { site } = this;
    const { task } = flow;
    return this.parent.run(partition, flow, (record) => {
      let result: T;
      try {
        result = f(record);
        if (typeof result === "object") refusePromise(result);
      } catch (error) {
        throw userError(site, task, error);
      }
      push(result);
    });
  }
}
