/** Owns: drawing records at random: the same draw for the same seed, operator, batch and partition, on every retry. */
import { type Random, StreamError, seededRandom } from "../../../base/index.ts";
import type { Flow, Push } from "../flow.ts";
import { NarrowNode, type RDDNode } from "../node.ts";

/** Draws for one partition of a dataset. */
function randomOf(
  node: RDDNode<never> | RDDNode<unknown>,
  seed: number,
  partition: number,
): Random {
  const { uid, batchTimeMs } = node.site;
  return seededRandom(seed, uid, batchTimeMs, partition);
}

/** `sample`: each record with the probability `fraction`, or as often as a Poisson variable of that mean tells. */
export class SampleNode<T> extends NarrowNode<T, T> {
  readonly #withReplacement: boolean;
  readonly #fraction: number;
  readonly #seed: number;

  /** Throws `argument_invalid` for a fraction below 0, or above 1 without replacement. */
  constructor(
    parent: RDDNode<T>,
    options: { withReplacement: boolean; fraction: number; seed: number },
  ) {
    super(parent, "sample", parent.partitioner);
    const { withReplacement, fraction, seed } = options;
    if (!(fraction >= 0) || (!withReplacement && fraction > 1)) {
      throw new StreamError("argument_invalid", { fraction, expected: "0 to 1" });
    }
    this.#withReplacement = withReplacement;
    this.#fraction = fraction;
    this.#seed = seed;
  }

  protected compute(partition: number, flow: Flow, push: Push<T>): Promise<void> {
    const random = randomOf(this as RDDNode<unknown>, this.#seed, partition);
    const fraction = this.#fraction;
    if (!this.#withReplacement) {
      return this.parent.run(partition, flow, (record) => {
        if (random.next() < fraction) push(record);
      });
    }
    return this.parent.run(partition, flow, (record) => {
      for (let times = poisson(random, fraction); times > 0; times--) push(record);
    });
  }
}

/** The records whose draw falls into [from, until): what `randomSplit` gives for one weight. */
export class SliceOfSampleNode<T> extends NarrowNode<T, T> {
  readonly #from: number;
  readonly #until: number;
  readonly #seed: number;

  constructor(parent: RDDNode<T>, options: { from: number; until: number; seed: number }) {
    super(parent, "randomSplit", parent.partitioner);
    this.#from = options.from;
    this.#until = options.until;
    this.#seed = options.seed;
  }

  protected compute(partition: number, flow: Flow, push: Push<T>): Promise<void> {
    // All slices of a split draw alike, so the draw is named by the parent.
    const random = randomOf(this.parent as RDDNode<unknown>, this.#seed, partition);
    return this.parent.run(partition, flow, (record) => {
      const draw = random.next();
      if (draw >= this.#from && draw < this.#until) push(record);
    });
  }
}

/** Knuth's method; the mean is the small fraction of a sample. */
function poisson(random: Random, mean: number): number {
  const limit = Math.exp(-mean);
  let product = random.next();
  let count = 0;
  while (product > limit) {
    product *= random.next();
    count++;
  }
  return count;
}
