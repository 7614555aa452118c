/** Owns: a stream whose dataset at a time is made of its parents' datasets at that time. */
import { StreamError } from "../../../base/index.ts";
import { ArrayNode, type Partitioning, type RDDNode, userError } from "../../rdd/index.ts";
import { DStreamNode, type OperatorTraits } from "../node.ts";

/** What a dataset is made for: a batch time, and, of an operator that shuffles, where its result goes. */
export interface Derivation {
  readonly timeMs: number;
  readonly partitioning: Partitioning | undefined;
}

/** Makes one dataset out of another. */
export type Deriving<P, T> = (dataset: RDDNode<P>, derivation: Derivation) => RDDNode<T>;

/** One dataset out of the parent's: map, filter, reduceByKey and their like. No dataset where the parent has none. */
export class DerivedNode<P, T> extends DStreamNode<T> {
  readonly #parent: DStreamNode<P>;
  readonly #derive: Deriving<P, T>;

  /** Throws what `derive` throws: it only makes a lineage, and is asked once now, so that a bad argument is told at the call. */
  constructor(
    parent: DStreamNode<P>,
    kind: string,
    derive: Deriving<P, T>,
    traits: OperatorTraits = {},
  ) {
    super(parent.scope, kind, [parent], traits);
    const none = new ArrayNode<P>(parent.scope.environment, parent.kind, []);
    derive(none, { timeMs: 0, partitioning: traits.shuffle?.partitioning });
    this.#parent = parent;
    this.#derive = derive;
  }

  protected async compute(timeMs: number): Promise<RDDNode<T> | undefined> {
    const dataset = await this.#parent.at(timeMs);
    if (dataset === undefined) return undefined;
    return this.#derive(dataset, { timeMs, partitioning: this.partitioningAt(timeMs) });
  }
}

/** One dataset out of those of several streams; throws `dataset_missing` where one of them has none. */
export class CombinedNode<T> extends DStreamNode<T> {
  readonly #parents: readonly DStreamNode<unknown>[];
  readonly #combine: (
    datasets: readonly RDDNode<unknown>[],
    derivation: Derivation,
  ) => RDDNode<T> | Promise<RDDNode<T>>;

  /** Throws `streams_missing`, `contexts_differ` or `slides_differ` for streams that cannot be combined. */
  constructor(
    parents: readonly DStreamNode<unknown>[],
    kind: string,
    combine: (
      datasets: readonly RDDNode<unknown>[],
      derivation: Derivation,
    ) => RDDNode<T> | Promise<RDDNode<T>>,
    traits: OperatorTraits = {},
  ) {
    super(alike(parents, kind).scope, kind, parents, traits);
    this.#parents = parents;
    this.#combine = combine;
  }

  protected async compute(timeMs: number): Promise<RDDNode<T> | undefined> {
    const datasets: RDDNode<unknown>[] = [];
    for (const parent of this.#parents) {
      const dataset = await parent.at(timeMs);
      if (dataset === undefined) {
        throw new StreamError("dataset_missing", {
          operator: this.uid,
          parent: parent.uid,
          timeMs,
        });
      }
      datasets.push(dataset);
    }
    try {
      const partitioning = this.partitioningAt(timeMs);
      return await this.#combine(datasets, { timeMs, partitioning });
    } catch (error) {
      throw userError(this.siteAt(timeMs), undefined, error);
    }
  }
}

/** The first of the streams, after a check that they can be combined. */
export function alike(
  parents: readonly DStreamNode<unknown>[],
  kind: string,
): DStreamNode<unknown> {
  const [first] = parents;
  if (first === undefined) throw new StreamError("streams_missing", { operator: kind });
  for (const parent of parents) {
    if (parent.scope !== first.scope) throw new StreamError("contexts_differ", { operator: kind });
    if (parent.slideMs !== first.slideMs) {
      throw new StreamError("slides_differ", {
        operator: kind,
        slides: parents.map((each) => each.slideMs),
      });
    }
  }
  return first;
}
