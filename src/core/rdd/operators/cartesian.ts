import { type Flow, type Push, pushArray } from "../flow.ts";
import { narrow } from "../lineage.ts";
import { RDDNode } from "../node.ts";

/** `cartesian`: every record of one dataset with every record of another. */
export class CartesianNode<A, B> extends RDDNode<[A, B]> {
  readonly #left: RDDNode<A>;
  readonly #right: RDDNode<B>;

  constructor(left: RDDNode<A>, right: RDDNode<B>) {
    super(left.environment, "cartesian", narrow(left, right));
    this.#left = left;
    this.#right = right;
  }

  get partitionCount(): number {
    return this.#left.partitionCount * this.#right.partitionCount;
  }

  protected async compute(partition: number, flow: Flow, push: Push<[A, B]>): Promise<void> {
    const width = this.#right.partitionCount;
    const left = await this.#left.gather(Math.floor(partition / width), flow);
    const right = await this.#right.gather(partition % width, flow);
    for (const a of left) {
      if (flow.stopped) return;
      await pushArray(right, flow, (b) => push([a, b]));
    }
  }
}
