import { KeyMap } from "../../../codec/index.ts";
import { checkPair } from "../aggregator.ts";
import { type Flow, type Push, pushIterable } from "../flow.ts";
import { narrow } from "../lineage.ts";
import { RDDNode } from "../node.ts";
import type { Partitioner } from "../partitioner.ts";
import { userError } from "../user-function.ts";
import { partitionedBy } from "./partition-by.ts";

/** For a key, the values that each parent has for it. */
export type Groups = unknown[][];

/** `cogroup`: each key that any parent has, with an array of values for each parent. */
export class CogroupNode<K> extends RDDNode<[K, Groups]> {
  readonly #parents: readonly RDDNode<[K, unknown]>[];

  constructor(
    parents: readonly RDDNode<[K, unknown]>[],
    partitioner: Partitioner,
    kind = "cogroup",
  ) {
    const [first] = parents;
    if (first === undefined) throw new RangeError("cogroup needs a parent");
    const placed = parents.map((parent) => partitionedBy(parent, partitioner, kind));
    super(first.environment, kind, narrow(...placed), partitioner);
    this.#parents = placed;
  }

  get partitionCount(): number {
    return this.partitioner?.partitionCount ?? 1;
  }

  protected async compute(partition: number, flow: Flow, push: Push<[K, Groups]>): Promise<void> {
    const groups = new KeyMap<K, Groups>();
    const { site } = this;
    const width = this.#parents.length;
    for (const [index, parent] of this.#parents.entries()) {
      await parent.run(partition, flow.nested(), (pair) => {
        try {
          checkPair(pair);
          let values = groups.get(pair[0]);
          if (values === undefined) {
            values = Array.from({ length: width }, () => []);
            groups.set(pair[0], values);
          }
          values[index]?.push(pair[1]);
        } catch (error) {
          throw userError(site, flow.task, error);
        }
      });
    }
    await pushIterable(groups.entries(), flow, push);
  }
}
