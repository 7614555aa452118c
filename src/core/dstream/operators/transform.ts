/** Owns: datasets made of those of several streams: by `transform`, or by an operation on two datasets. */
import { functionArgument, StreamError } from "../../../base/index.ts";
import { ArrayNode, RDD, type RDDNode } from "../../rdd/index.ts";
import type { AnyFunction } from "../code-hash.ts";
import type { DStreamNode } from "../node.ts";
import { CombinedNode } from "./derived.ts";

/** Datasets of records of these types. */
export type DatasetsOf<Ts extends readonly unknown[]> = {
  readonly [Index in keyof Ts]: RDD<Ts[Index]>;
};

/** The stream of what `f`, or `source` by way of it, makes of the datasets of these parents, whose records are of the types `Ts`. */
export function transformNode<Ts extends readonly unknown[], U>(
  parents: readonly DStreamNode<unknown>[],
  f: (datasets: DatasetsOf<Ts>, timeMs: number) => RDD<U> | Promise<RDD<U>>,
  source: AnyFunction = f,
): DStreamNode<U> {
  functionArgument("f", f);
  const combine = async (datasets: readonly RDDNode<unknown>[], timeMs: number) => {
    const given = datasets.map((dataset) => new RDD(dataset)) as readonly RDD<unknown>[];
    const result = await f(given as DatasetsOf<Ts>, timeMs);
    if (!(result instanceof RDD)) throw new StreamError("dataset_expected", { timeMs });
    return result.node;
  };
  return new CombinedNode<U>(parents, "transform", combine, { functions: [source] });
}

/** The stream of what an operation on the datasets of two streams makes of them. */
export function combinedNode<L, R, U>(
  kind: string,
  left: DStreamNode<L>,
  right: DStreamNode<R>,
  combine: (left: RDD<L>, right: RDD<R>) => RDD<U>,
): DStreamNode<U> {
  const node = new CombinedNode<U>([left, right], kind, (datasets) => {
    const [ofLeft, ofRight] = datasets as readonly [RDDNode<unknown>, RDDNode<unknown>];
    return combine(new RDD(ofLeft as RDDNode<L>), new RDD(ofRight as RDDNode<R>)).node;
  });
  // It only makes a lineage, and is asked once now, so that a bad argument is told at the call.
  const { environment } = left.scope;
  combine(
    new RDD(new ArrayNode(environment, kind, [])),
    new RDD(new ArrayNode(environment, kind, [])),
  );
  return node;
}
