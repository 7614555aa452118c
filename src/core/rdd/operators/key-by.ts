import { functionArgument } from "../../../base/index.ts";
import type { Flow, Push } from "../flow.ts";
import { NarrowNode, type RDDNode } from "../node.ts";
import { guarded } from "../user-function.ts";

/** `keyBy`: each record behind the key that a function gives for it. */
export class KeyByNode<K, T> extends NarrowNode<T, [K, T]> {
  readonly #keyOf: (record: T) => K;

  constructor(parent: RDDNode<T>, keyOf: (record: T) => K, kind = "keyBy") {
    super(parent, kind);
    this.#keyOf = functionArgument("f", keyOf);
  }

  protected compute(partition: number, flow: Flow, push: Push<[K, T]>): Promise<void> {
    const keyOf = guarded(this.#keyOf, this.site, flow.task);
    return this.parent.run(partition, flow, (record) => push([keyOf(record), record]));
  }
}
