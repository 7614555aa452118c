import { functionArgument } from "../../../base/index.ts";
import { checkPair } from "../aggregator.ts";
import type { Flow, Push } from "../flow.ts";
import { NarrowNode, type RDDNode } from "../node.ts";
import { refusePromise, userError } from "../user-function.ts";

/** `mapValues`: each key with another value; keys stay where they are. */
export class MapValuesNode<K, V, W> extends NarrowNode<[K, V], [K, W]> {
  readonly #f: (value: V) => W;

  constructor(parent: RDDNode<[K, V]>, f: (value: V) => W, kind = "mapValues") {
    super(parent, kind, parent.partitioner);
    this.#f = functionArgument("f", f);
  }

  protected compute(partition: number, flow: Flow, push: Push<[K, W]>): Promise<void> {
    const f = this.#f;
    const { site } = this;
    const { task } = flow;
    return this.parent.run(partition, flow, (pair) => {
      let value: W;
      try {
        checkPair(pair);
        value = f(pair[1]);
        if (typeof value === "object") refusePromise(value);
      } catch (error) {
        throw userError(site, task, error);
      }
      push([pair[0], value]);
    });
  }
}
