import type { Flow, Push } from "../flow.ts";
import { NarrowNode, type RDDNode } from "../node.ts";
import { userError } from "../user-function.ts";
import { inTurn, pushGiven } from "./push-given.ts";

/** `flatMap`: any number of records for each record. */
export class FlatMapNode<P, T> extends NarrowNode<P, T> {
  readonly #f: (record: P) => Iterable<T>;

  constructor(parent: RDDNode<P>, f: (record: P) => Iterable<T>, kind = "flatMap") {
    super(parent, kind);
    this.#f = f;
  }

  protected compute(partition: number, flow: Flow, push: Push<T>): Promise<void> {
    const f = this.#f;
    const { site } = this;
    const { task } = flow;
    const take = (record: P): void => {
      let results: Iterable<T>;
      try {
        results = f(record);
      } catch (error) {
        throw userError(site, task, error);
      }
      pushGiven(results, site, flow, push);
    };
    return this.parent.run(partition, flow, inTurn(flow, take));
  }
}
