import { functionArgument } from "../../../base/index.ts";
import type { Flow, Push } from "../flow.ts";
import { NarrowNode, type RDDNode } from "../node.ts";
import { userError } from "../user-function.ts";
import { pushGiven } from "./push-given.ts";

/** `flatMap`: any number of records for each record. */
export class FlatMapNode<P, T> extends NarrowNode<P, T> {
  readonly #f: (record: P) => Iterable<T>;

  constructor(parent: RDDNode<P>, f: (record: P) => Iterable<T>, kind = "flatMap") {
    super(parent, kind);
    this.#f = functionArgument("f", f);
  }

  protected compute(partition: number, flow: Flow, push: Push<T>): Promise<void> {
    const f = this.#f;
    const { site } = this;
    const { task } = flow;
    return this.parent.run(partition, flow, (record) => {
      let results: Iterable<T>;
      try {
        results = f(record);
      } catch (error) {
        throw userError(site, task, error);
      }
      pushGiven(results, site, flow, push);
    });
  }
}
