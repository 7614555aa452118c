export { counting, foreachPartitionOf, taking } from "./actions.ts";
export type { DatasetAddress, StageAddress } from "./address.ts";
export {
  type Aggregator,
  type Combined,
  type Combining,
  combineInto,
  combining,
} from "./aggregator.ts";
export { grouping, reducing } from "./aggregators.ts";
export type {
  DatasetEnvironment,
  Elsewhere,
  PartitionBody,
  PartitionInput,
} from "./environment.ts";
export type {
  DatasetFiles,
  FileChunks,
  FileWriter,
  OutputAttempt,
  SaveBeginning,
} from "./files.ts";
export {
  breathe,
  Flow,
  mustBreathe,
  type Push,
  pushArray,
  pushAsyncIterable,
  pushIterable,
} from "./flow.ts";
export {
  type Dataset,
  type Dependency,
  type Lineage,
  narrow,
  type SharedStage,
  type StageBarrier,
} from "./lineage.ts";
export { assertSameContext, NarrowNode, RDDNode } from "./node.ts";
export { Numbering, stageAt } from "./numbering.ts";
export { ArrayNode, slices } from "./operators/array.ts";
export {
  asDescribed,
  type DatasetShape,
  ReadNode,
  shapeOf,
} from "./operators/described.ts";
export type { PartitionResult } from "./operators/map-partitions.ts";
export { partitionedBy } from "./operators/partition-by.ts";
export { RangeNode } from "./operators/range.ts";
export { RegroupedNode } from "./operators/regroup.ts";
export { type PartitionReader, SourceNode } from "./operators/source.ts";
export { unionOf } from "./operators/union.ts";
export { Pacer, throwIfCancelled } from "./pacer.ts";
export { pinnedParallelism, withParallelism } from "./parallelism.ts";
export type { PartitionAction, PartWriting } from "./partition-action.ts";
export {
  checkPartitionCount,
  describedPartitioner,
  describePartitioner,
  HashPartitioner,
  KeyGroupPartitioner,
  type Partitioner,
  type PartitionerDescription,
  partitionerOf,
  RangePartitioner,
} from "./partitioner.ts";
export { notingPersisted, type Persisted } from "./persisted.ts";
export { changeRefused, privateCopy } from "./private-copy.ts";
export { type Partitioning, RDD } from "./rdd.ts";
export type {
  AnyPair,
  Elements,
  Emitted,
  ListPairOf,
  ListPairValue,
  NotPromise,
  NumberValue,
  PairOf,
  PairValue,
  PairWithList,
  Returned,
  TupleHint,
  Verdict,
} from "./returned.ts";
export { lineOf, saveParts, savingPart, textWriter } from "./save.ts";
export { type FetchBuckets, Shuffle } from "./shuffle.ts";
export { stagesBefore } from "./stages.ts";
export { StatCounter } from "./statistics.ts";
export {
  type Accumulating,
  type CountedStage,
  currentJob,
  inJob,
  inTask,
  type JobScope,
  type OperatorSite,
  type TaskContext,
  taskContext,
} from "./task.ts";
export { udf, udfNamed, udfNameOf, udfs } from "./udf.ts";
export { guarded, refusePromise, userError } from "./user-function.ts";
