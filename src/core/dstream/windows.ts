/** Owns: how the windowed operators are put together from a window and per-batch reductions. */
import { type Aggregator, type Partitioner, RDD, type RDDNode } from "../rdd/index.ts";
import type { DStreamNode } from "./node.ts";
import { DerivedNode } from "./operators/derived.ts";
import { IncrementalWindowNode, type WindowFunctions } from "./operators/incremental-window.ts";
import { WindowNode, type WindowSize } from "./operators/window.ts";

/** The values of each key in each batch as one. */
export function combinedPerBatch<K, V, C>(
  parent: DStreamNode<[K, V]>,
  kind: string,
  aggregator: Aggregator<V, C>,
  partitioner: Partitioner,
): DStreamNode<[K, C]> {
  return new DerivedNode(
    parent,
    kind,
    (dataset: RDDNode<[K, V]>) => new RDD(dataset).combineByKey(aggregator, partitioner, kind).node,
    [partitioner.partitionCount],
  );
}

/** Reduces each batch, then the window of what that gave. */
export function reducedByKeyAndWindow<K, V>(
  parent: DStreamNode<[K, V]>,
  aggregator: Aggregator<V, V>,
  size: WindowSize,
  partitioner: Partitioner,
): DStreamNode<[K, V]> {
  const reduced = combinedPerBatch(parent, "reduceByKey", aggregator, partitioner);
  return combinedPerBatch(
    new WindowNode(reduced, size),
    "reduceByKeyAndWindow",
    aggregator,
    partitioner,
  );
}

/** Reduces each batch, then brings the window forward by the inverse function. */
export function incrementalWindow<K, V>(
  parent: DStreamNode<[K, V]>,
  aggregator: Aggregator<V, V>,
  functions: WindowFunctions<K, V>,
  size: WindowSize,
  partitioner: Partitioner,
): DStreamNode<[K, V]> {
  const reduced = combinedPerBatch(parent, "reduceByKey", aggregator, partitioner);
  return new IncrementalWindowNode(reduced, functions, size, partitioner);
}
