/** Owns: a dataset of numbers that are counted when they are asked for. */
import type { DatasetEnvironment } from "../environment.ts";
import { breathe, type Flow, mustBreathe, type Push } from "../flow.ts";
import { RDDNode } from "../node.ts";

/** `count` numbers from `start` on, by steps. */
export interface NumberRange {
  readonly start: number;
  readonly step: number;
  readonly count: number;
}

/** `range`: numbers by steps, in slices of about the same size. */
export class RangeNode extends RDDNode<number> {
  readonly #range: NumberRange;
  readonly #partitionCount: number;

  constructor(environment: DatasetEnvironment, range: NumberRange, partitionCount: number) {
    super(environment, "range", []);
    this.#range = range;
    this.#partitionCount = partitionCount;
  }

  get partitionCount(): number {
    return this.#partitionCount;
  }

  protected async compute(partition: number, flow: Flow, push: Push<number>): Promise<void> {
    const { start, step } = this.#range;
    const end = this.#indexAt(partition + 1);
    for (let index = this.#indexAt(partition); index < end && !flow.stopped; ) {
      const until = Math.min(end, index + flow.pacer.chunkRecords);
      while (index < until && !flow.isHalted) push(start + index++ * step);
      if (mustBreathe(flow)) await breathe(flow);
    }
  }

  #indexAt(partition: number): number {
    return Math.floor((partition * this.#range.count) / this.#partitionCount);
  }
}
