/** Owns: how the windowed operators are put together from a window and per-batch reductions. */
import {
  type Aggregator,
  HashPartitioner,
  type Partitioner,
  type Partitioning,
  partitionerOf,
  RDD,
  type RDDNode,
} from "../rdd/index.ts";
import type { DStreamNode } from "./node.ts";
import { DerivedNode } from "./operators/derived.ts";
import { IncrementalWindowNode, type WindowFunctions } from "./operators/incremental-window.ts";
import { WindowNode, type WindowSize } from "./operators/window.ts";

/** Where an incremental window puts its keys, and which it keeps. */
export interface WindowOptions<K, V> {
  readonly partitioning?: Partitioning | undefined;
  /** Drops the keys for which it does not hold; it should drop what is empty only, as what it drops is forgotten. */
  readonly filter?: ((key: K, value: V) => boolean) | undefined;
}

/** The values of each key in each batch as one; where nothing else is asked for, in the default parallelism by hash. */
export function combinedPerBatch<K, V, C>(
  parent: DStreamNode<[K, V]>,
  kind: string,
  aggregator: Aggregator<V, C>,
  partitioning: Partitioning = parent.scope.environment.defaultParallelism,
): DStreamNode<[K, C]> {
  const partitioner = partitionerOf(partitioning, HashPartitioner);
  const { create, mergeValue, mergeCombiners } = aggregator;
  return new DerivedNode(
    parent,
    kind,
    (dataset: RDDNode<[K, V]>, derivation) =>
      new RDD(dataset).combineByKey(aggregator, derivation.partitioning, kind).node,
    {
      functions: [create, mergeValue, mergeCombiners],
      shuffle: { partitioning: partitioner },
    },
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
