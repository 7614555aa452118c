/**
 * Owns: what a driver and its executors say to each other about tasks, and about the graph that executors mirror. Plain
 * data only, and no lineage: datasets and stages go by their addresses.
 * Does not own: how it travels (../wire), what is said about states (../state).
 */
import type {
  DatasetAddress,
  PartitionAction,
  StageAddress,
  StateTaskFacts,
} from "../../core/index.ts";

/** What a task has to know of a stage that it reads. */
export type StageKnowledge =
  /** Where the outputs of the map tasks of a shuffle are: the ids of executors, by task. */
  | { readonly stage: StageAddress; readonly kind: "shuffle"; readonly places: readonly string[] }
  /** What the stage has come to, encoded. */
  | { readonly stage: StageAddress; readonly kind: "facts"; readonly facts: Uint8Array };

/** What a task works on: one partition of a stage, or of a dataset. */
export type TaskTarget =
  | { readonly kind: "stage"; readonly stage: StageAddress }
  /** A version of a state, which the batch of `madeAtMs` made. */
  | {
      readonly kind: "state";
      readonly stream: string;
      readonly madeAtMs: number;
      readonly versionMs: number;
      readonly facts: StateTaskFacts;
    }
  | { readonly kind: "action"; readonly dataset: DatasetAddress; readonly action: PartitionAction };

/** Whose task it is. */
export interface TaskIdentity {
  readonly stageId: number;
  readonly partition: number;
  readonly attempt: number;
  readonly batchTimeMs: number | undefined;
  /** The uid of the output operation that it works for. */
  readonly uid: string | undefined;
}

/** `task.run`, and `task.records`, which streams the records that an action asks for. */
export interface TaskRequest extends TaskIdentity {
  readonly target: TaskTarget;
  /** How many partitions the driver sees; an executor that sees others has another graph. */
  readonly partitionCount: number;
  readonly known: readonly StageKnowledge[];
  /** The datasets whose partitions are kept, by the names of storage levels. */
  readonly kept: readonly { readonly dataset: DatasetAddress; readonly level: string }[];
}

/** What accumulators were given by a task: by their ids, encoded. */
export type Accumulated = readonly (readonly [id: string, partial: Uint8Array])[];

/** What a task has come to. */
export interface TaskReply {
  /** What the driver has to know, encoded; undefined where that is nothing. */
  readonly outcome: Uint8Array | undefined;
  readonly accumulated: Accumulated;
}

/** An item of a stream of records: records, encoded together, and in the end what remains to be told. */
export type RecordItem = { readonly records: Uint8Array } | { readonly accumulated: Accumulated };

/** `shuffle.read`, asked of the executor that has the outputs of these map tasks. */
export interface BucketRequest {
  readonly stage: StageAddress;
  readonly reducePartition: number;
  readonly tasks: readonly number[];
}

/** An item of its answer: pieces of buckets, in the order of the tasks that were asked for. */
export type BucketItem = readonly {
  readonly task: number;
  readonly bytes: Uint8Array;
}[];

/** `mirror.*`: a stream of the driver's graph at a batch time. */
export interface MirrorRequest {
  readonly stream: string;
  readonly timeMs: number;
}

/** `mirror.read`: a partition of a dataset that the driver alone makes. */
export interface MirrorRead extends MirrorRequest, TaskIdentity {}

/** `mirror.owner`: asks which executor has a partition of a state. */
export interface OwnerRequest {
  readonly uid: string;
  readonly partition: number;
}

/** `state.mapped`, asked of that executor: what the function of the state returned for one of its partitions. */
export interface MappedRequest extends OwnerRequest {
  readonly timeMs: number;
  /** The part for a partition of a batch that has others than the state; else 0. */
  readonly part: number;
}

/** `mirror.error`: trouble that an input lives on with. */
export interface MirrorError {
  readonly streamId: number;
  readonly message: string;
  readonly reason: string | undefined;
}
