/** Owns: datasets made by operations on datasets: by `transform`, or by one operation on those of a stream or of two. */
import { functionArgument, StreamError } from "../../../base/index.ts";

import {
  ArrayNode,
  notingPersisted,
  type Partitioning,
  type Persisted,
  RDD,
  type RDDNode,
} from "../../rdd/index.ts";
import { type BodyOptions, type BodyPlace, bodyPlaceOf, placeFact } from "../body-place.ts";
import type { AnyFunction } from "../code-hash.ts";
import type { StreamFacts } from "../graph-description.ts";
import type { DStreamNode, Making, OperatorTraits } from "../node.ts";
import { CombinedNode, type Derivation, DerivedNode } from "./derived.ts";

/** Datasets of records of these types. */
export type DatasetsOf<Ts extends readonly unknown[]> = {
  readonly [Index in keyof Ts]: RDD<Ts[Index]>;
};

/** The stream of what `f`, or `source` by way of it, makes of the datasets of these parents, whose records are of the types `Ts`. */
export function transformNode<Ts extends readonly unknown[], U>(
  parents: readonly DStreamNode<unknown>[],
  f: (datasets: DatasetsOf<Ts>, timeMs: number) => RDD<U> | Promise<RDD<U>>,
  options: BodyOptions = {},
  source: AnyFunction = f,
): DStreamNode<U> {
  return new TransformNode<Ts, U>(parents, f, bodyPlaceOf(options), functionArgument("f", source));
}

/** `transform`: what a function makes of the datasets of each batch, on the driver unless it was declared otherwise. */
class TransformNode<Ts extends readonly unknown[], U> extends CombinedNode<U> {
  readonly runsOn: BodyPlace;
  readonly #persisted: Map<number, Set<Persisted>>;

  constructor(
    parents: readonly DStreamNode<unknown>[],
    f: (datasets: DatasetsOf<Ts>, timeMs: number) => RDD<U> | Promise<RDD<U>>,
    runsOn: BodyPlace,
    source: AnyFunction,
  ) {
    const persisted = new Map<number, Set<Persisted>>();
    super(
      parents,
      "transform",
      async (datasets, { timeMs }) => {
        const given = datasets.map((dataset) => new RDD(dataset)) as readonly RDD<unknown>[];
        const own = persisted.get(timeMs) ?? new Set();
        persisted.set(timeMs, own);
        const call = () => f(given as DatasetsOf<Ts>, timeMs);
        const firstId = this.scope.environment.nextDatasetId();
        const result = await notingPersisted(own, call);
        // A dataset that was there before is not of this batch: others may need it longer.
        for (const dataset of own) if (dataset.id < firstId) own.delete(dataset);
        if (!(result instanceof RDD)) throw new StreamError("dataset_expected", { timeMs });
        return result.node;
      },
      { functions: [source] },
    );
    this.runsOn = runsOn;
    this.#persisted = persisted;
  }

  override get facts(): StreamFacts {
    return { ...super.facts, ...placeFact(this.runsOn) };
  }

  protected override get making(): Making {
    return this.runsOn === "executors" ? "all" : "driver";
  }

  /** What the function persisted goes with the dataset of its batch: nobody else knows of it. */
  override async forget(beforeMs: number): Promise<void> {
    await super.forget(beforeMs);
    for (const [timeMs, datasets] of this.#persisted) {
      if (timeMs > beforeMs - this.rememberMs) break;
      this.#persisted.delete(timeMs);
      for (const dataset of datasets) await dataset.unpersist();
    }
  }
}

/** The stream of what an operation on datasets makes of those of a stream, in the partitions that the program says. */
export function derivedNode<T, U>(
  parent: DStreamNode<T>,
  kind: string,
  derive: (dataset: RDD<T>, partitioning: Partitioning | undefined) => RDD<U>,
  traits: OperatorTraits,
): DStreamNode<U> {
  const deriveNode = (dataset: RDDNode<T>, { partitioning }: Derivation) =>
    derive(new RDD(dataset), partitioning).node;
  return new DerivedNode(parent, kind, deriveNode, traits);
}

/** Makes a dataset out of two, in these partitions. */
export type Combine<L, R, U> = (
  left: RDD<L>,
  right: RDD<R>,
  partitioning: Partitioning | undefined,
) => RDD<U>;

/** The stream of what an operation on the datasets of two streams makes of them, in the partitions that the program says. */
export function combinedNode<L, R, U>(
  kind: string,
  left: DStreamNode<L>,
  right: DStreamNode<R>,
  combine: Combine<L, R, U>,
  partitioning: Partitioning | undefined,
): DStreamNode<U> {
  const node = new CombinedNode<U>(
    [left, right],
    kind,
    (datasets, derivation) => {
      const [ofLeft, ofRight] = datasets as readonly [RDDNode<unknown>, RDDNode<unknown>];
      const sides = [new RDD(ofLeft as RDDNode<L>), new RDD(ofRight as RDDNode<R>)] as const;
      return combine(...sides, derivation.partitioning).node;
    },
    { shuffle: { partitioning } },
  );
  // It only makes a lineage, and is asked once now, so that a bad argument is told at the call.
  const { environment } = left.scope;
  combine(
    new RDD(new ArrayNode(environment, kind, [])),
    new RDD(new ArrayNode(environment, kind, [])),
    partitioning,
  );
  return node;
}
