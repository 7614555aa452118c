import { checkPair } from "../aggregator.ts";
import type { Flow, Push } from "../flow.ts";
import { NarrowNode, type RDDNode } from "../node.ts";
import { refusePromise, userError } from "../user-function.ts";

/** `flatMapValues`: each key with any number of values for each of its values; keys stay where they are. */
export class FlatMapValuesNode<K, V, W> extends NarrowNode<[K, V], [K, W]> {
  readonly #f: (value: V) => Iterable<W>;

  constructor(parent: RDDNode<[K, V]>, f: (value: V) => Iterable<W>, kind = "flatMapValues") {
    super(parent, kind, parent.partitioner);
    this.#f = f;
  }

  protected compute(partition: number, flow: Flow, push: Push<[K, W]>): Promise<void> {
    const f = this.#f;
    const { site } = this;
    const { task } = flow;
    return this.parent.run(partition, flow, (pair) => {
      checkPair(pair, site);
      let values: readonly W[];
      try {
        const given = f(pair[1]);
        refusePromise(given, site);
        values = [...given];
      } catch (error) {
        throw userError(site, task, error);
      }
      for (const value of values) {
        if (flow.stopped) return;
        push([pair[0], value]);
      }
    });
  }
}
