/** Owns: what listeners hear of a running context, and in which form. Times are in ms since the epoch. */
import type { InputInfo } from "../core/index.ts";
import type { ReceiverInfo } from "../receiver/index.ts";

/** One output operation of one batch. */
export interface OutputOperationInfo {
  readonly batchTime: number;
  /** Its place in the order of definition, from 0. */
  readonly id: number;
  readonly uid: string;
  readonly name: string;
  /** The stack of the call that declared it. */
  readonly description: string;
  readonly startTime: number | undefined;
  readonly endTime: number | undefined;
  /** In ms, when it has ended. */
  readonly duration: number | undefined;
  /** How often it was tried. */
  readonly attempts: number;
  /** Why it was given up, when it was. */
  readonly failureReason: string | undefined;
}

/** One batch. */
export interface BatchInfo {
  readonly batchTime: number;
  readonly streamIdToInputInfo: ReadonlyMap<number, InputInfo>;
  readonly submissionTime: number;
  readonly processingStartTime: number | undefined;
  readonly processingEndTime: number | undefined;
  /** From submission to the start of processing, in ms. */
  readonly schedulingDelay: number | undefined;
  /** In ms. */
  readonly processingDelay: number | undefined;
  /** The sum of both, in ms. */
  readonly totalDelay: number | undefined;
  /** Over all inputs. */
  readonly numRecords: number;
  readonly outputOperationInfos: ReadonlyMap<number, OutputOperationInfo>;
  /** Why the batch failed, when something besides its output operations did: making it, or bringing a state forward. */
  readonly failureReason: string | undefined;
}

/** A checkpoint of the driver. */
export interface CheckpointInfo {
  readonly name: string;
  readonly byteCount: number;
  /** The last batch that it knows of. */
  readonly batchTime: number;
  /** How long it took, in ms. */
  readonly duration: number;
}

/** A state snapshot of one stateful operator. */
export interface StateSnapshotInfo {
  readonly operatorUid: string;
  /** The batch time whose state it holds. */
  readonly versionTime: number;
  /** The version that it tells the changes to; undefined where it is whole. */
  readonly baseTime: number | undefined;
}

/** What a state snapshot came to. */
export interface StateSnapshotSize {
  readonly entryCount: number;
  readonly byteCount: number;
  /** How long it took, in ms. */
  readonly duration: number;
}

/**
 * Hears what happens in a context, in the order in which it happened. Methods are called between batches' work and are not
 * waited for; what they throw is logged and changes nothing.
 */
export interface StreamingListener {
  onStreamingStarted?(event: { readonly time: number }): void;
  onReceiverStarted?(info: ReceiverInfo): void;
  onReceiverError?(info: ReceiverInfo): void;
  onReceiverStopped?(info: ReceiverInfo): void;
  onBatchSubmitted?(info: BatchInfo): void;
  onBatchStarted?(info: BatchInfo): void;
  onBatchCompleted?(info: BatchInfo): void;
  onOutputOperationStarted?(info: OutputOperationInfo): void;
  onOutputOperationCompleted?(info: OutputOperationInfo): void;
  /** A checkpoint is durable. */
  onCheckpointCompleted?(info: CheckpointInfo): void;
  /** A checkpoint or a state snapshot failed; what was durable before still counts, and it is tried again. */
  onCheckpointFailed?(event: { readonly error: unknown }): void;
  onStateSnapshotStarted?(info: StateSnapshotInfo): void;
  /** A state snapshot is durable. */
  onStateSnapshotCompleted?(info: StateSnapshotInfo & StateSnapshotSize): void;
  onStreamingStopped?(event: { readonly time: number; readonly error: unknown }): void;
}

/** Every event with its argument. */
export type ListenerEvents = {
  [Name in keyof StreamingListener]-?: Parameters<NonNullable<StreamingListener[Name]>>[0];
};
