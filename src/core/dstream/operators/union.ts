import { type RDDNode, unionOf } from "../../rdd/index.ts";
import { DStreamNode } from "../node.ts";
import { alike } from "./derived.ts";

/** `union`: the datasets of all parents as one; parents that have none at a time are left out. */
export class UnionStreamNode<T> extends DStreamNode<T> {
  readonly #parents: readonly DStreamNode<T>[];

  constructor(parents: readonly DStreamNode<T>[]) {
    super(alike(parents, "union").scope, "union", parents);
    this.#parents = parents;
  }

  protected async compute(timeMs: number): Promise<RDDNode<T> | undefined> {
    const datasets: RDDNode<T>[] = [];
    for (const parent of this.#parents) {
      const dataset = await parent.at(timeMs);
      if (dataset !== undefined) datasets.push(dataset);
    }
    return datasets.length === 0 ? undefined : unionOf(this.scope.environment, datasets);
  }
}
