/**
 * Owns: drawing records at random: the same draw for the same seed and partition, on every retry; in a stream each
 * operator and batch draws for itself.
 */
import { type Random, StreamError, seededRandom } from "../../../base/index.ts";
import type { Flow, Push } from "../flow.ts";
import { NarrowNode, type RDDNode } from "../node.ts";
import type { OperatorSite } from "../task.ts";

/** Draws for one partition of a dataset. The number of a dataset must not tell: the same program draws the same. */
function randomOf(site: OperatorSite, draw: string, seed: number, partition: number): Random {
  const { uid, batchTimeMs } = site;
  return batchTimeMs === undefined
    ? seededRandom(seed, draw, partition)
    : seededRandom(seed, draw, partition, uid, batchTimeMs);
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
    if (!(fraction >= 0 && fraction <= (withReplacement ? Number.MAX_VALUE : 1))) {
      const expected = withReplacement ? "a number of 0 or more" : "0 to 1";
      throw new StreamError("argument_invalid", { fraction, expected });
    }
    this.#withReplacement = withReplacement;
    this.#fraction = fraction;
    this.#seed = seed;
  }

  protected compute(partition: number, flow: Flow, push: Push<T>): Promise<void> {
    const random = randomOf(this.site, "sample", this.#seed, partition);
    const fraction = this.#fraction;
    if (!this.#withReplacement) {
      return this.parent.run(partition, flow, (record) => {
        if (random.next() < fraction) push(record);
      });
    }
    return this.parent.run(partition, flow, (record) => {
      for (let times = poisson(random, fraction); times > 0 && !flow.stopped; times--) push(record);
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
    const random = randomOf(this.parent.site, "split", this.#seed, partition);
    return this.parent.run(partition, flow, (record) => {
      const draw = random.next();
      if (draw >= this.#from && draw < this.#until) push(record);
    });
  }
}

const poissonMeanMax = 500;

/** Knuth's method; a large mean is halved first, as its e^-mean is no number any more. */
function poisson(random: Random, mean: number): number {
  if (mean > poissonMeanMax) return poisson(random, mean / 2) + poisson(random, mean / 2);
  const limit = Math.exp(-mean);
  let product = random.next();
  let count = 0;
  while (product > limit) {
    product *= random.next();
    count++;
  }
  return count;
}
