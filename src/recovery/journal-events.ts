/**
 * Owns: what the journal can tell. What the driver knows is a fold over these events (driver-knowledge.ts).
 * Does not own: the events of received blocks (src/receiver), how events are written (journal-codec.ts).
 */
import type { CheckpointRef, StateSnapshotRef } from "../checkpoint/index.ts";
import type { BlockEvent } from "../receiver/index.ts";
import type { AccumulatorPart } from "./accumulator-totals.ts";

/** How much of the journal of an epoch counts. */
export interface JournalBound {
  readonly epoch: number;
  readonly segment: number;
  /** In bytes of that segment; later bytes, and later segments of that epoch, are never read. */
  readonly length: number;
}

/** A driver begins its life: the first event of an epoch. It seals the journal of the epochs before. */
export interface EpochOpened {
  readonly kind: "epoch_opened";
  readonly epoch: number;
  readonly applicationName: string;
  readonly atMs: number;
  /** Of the epochs that did not seal their journal themselves. */
  readonly sealed: readonly JournalBound[];
}

/** An output of a batch has had its effect; it is not run again. */
export interface OutputDone {
  readonly kind: "output_done";
  readonly batchTimeMs: number;
  readonly outputUid: string;
  /** What its tasks gave to accumulators, and those that it shares with other outputs and that nobody told before. */
  readonly accumulators?: readonly AccumulatorPart[];
  /** The shared ones among these tasks: they are not counted again. */
  readonly tasks?: readonly string[];
}

/** All outputs of a batch are done, or were given up, and its states stand. */
export interface BatchCompleted {
  readonly kind: "batch_completed";
  readonly batchTimeMs: number;
  /** Stateful operators, by uid, that went on without the data of the batch. */
  readonly leftOutOf: readonly string[];
  /** What tasks of it gave to accumulators that no output has told. */
  readonly accumulators?: readonly AccumulatorPart[];
}

/** A state snapshot is durable. */
export interface SnapshotWritten {
  readonly kind: "snapshot_written";
  readonly snapshot: StateSnapshotRef;
}

/** A checkpoint is durable. */
export interface CheckpointWritten {
  readonly kind: "checkpoint_written";
  readonly checkpoint: CheckpointRef;
}

/** The driver has done all that it had, and ends by itself. */
export interface DriverStopped {
  readonly kind: "driver_stopped";
  readonly atMs: number;
}

export type JournalEvent =
  | BlockEvent
  | EpochOpened
  | OutputDone
  | BatchCompleted
  | SnapshotWritten
  | CheckpointWritten
  | DriverStopped;

const kinds: Readonly<Record<JournalEvent["kind"], true>> = {
  batch_allocated: true,
  batch_completed: true,
  batches_cleaned: true,
  block_added: true,
  blocks_lost: true,
  checkpoint_written: true,
  driver_stopped: true,
  epoch_opened: true,
  output_done: true,
  receiver_started: true,
  snapshot_written: true,
};

/** Whether a value is an event of a kind that this release knows. */
export function isJournalEvent(value: unknown): value is JournalEvent {
  if (typeof value !== "object" || value === null || !("kind" in value)) return false;
  return typeof value.kind === "string" && Object.hasOwn(kinds, value.kind);
}
