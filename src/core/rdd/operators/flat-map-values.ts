import { functionArgument } from "../../../base/index.ts";
import { checkPair } from "../aggregator.ts";
import type { Flow, Push } from "../flow.ts";
import { NarrowNode, type RDDNode } from "../node.ts";
import { userError } from "../user-function.ts";
import { pushGiven } from "./push-given.ts";

/** `flatMapValues`: each key with any number of values for each of its values; keys stay where they are. */
export class FlatMapValuesNode<K, V, W> extends NarrowNode<[K, V], [K, W]> {
  readonly #f: (value: V) => Iterable<W>;

  constructor(parent: RDDNode<[K, V]>, f: (value: V) => Iterable<W>, kind = "flatMapValues") {
    super(parent, kind, parent.partitioner);
    this.#f = functionArgument("f", f);
  }

  protected compute(partition: number, flow: Flow, push: Push<[K, W]>): Promise<void> {
    const f = this.#f;
    const { site } = this;
    const { task } = flow;
    return this.parent.run(partition, flow, (pair) => {
      let values: Iterable<W>;
      try {
        checkPair(pair);
        values = f(pair[1]);
      } catch (error) {
        throw userError(site, task, error);
      }
      pushGiven(values, site, flow, (value) => push([pair[0], value]));
    });
  }
}
