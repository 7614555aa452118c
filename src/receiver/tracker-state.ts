/**
 * Owns: what the driver knows of received blocks, as plain data for a checkpoint.
 * Does not own: how it comes about (block-tracker.ts), how it is written.
 */
import type { AllocationPins, BlockRecord, SourcePosition } from "./block-events.ts";

/** Everything that a fold over block events has come to. */
export interface TrackerState {
  readonly streams: readonly StreamState[];
  /** Those that are not cleaned, in the order of their times. */
  readonly batches: readonly BatchState[];
  /** null before the first batch. */
  readonly lastAllocatedTimeMs: number | null;
}

/** What is known of the receiver of one stream. */
export interface StreamState {
  readonly streamUid: string;
  /** How often it was started, in all lives. */
  readonly receiverStart: number;
  readonly positions: readonly SourcePosition[];
  /** The blocks that no batch has, in the order of their registration. */
  readonly unallocated: readonly BlockRecord[];
}

/** What a batch was given. */
export interface BatchState extends AllocationPins {
  readonly batchTimeMs: number;
  readonly streams: readonly {
    readonly streamUid: string;
    readonly blocks: readonly BlockRecord[];
  }[];
}

/** Nothing is known yet. */
export const emptyTrackerState: TrackerState = {
  streams: [],
  batches: [],
  lastAllocatedTimeMs: null,
};

/** The blocks that are known: those of no batch, then those of each batch. */
export function* blocksIn(state: TrackerState): Generator<BlockRecord, void, undefined> {
  for (const { unallocated } of state.streams) yield* unallocated;
  for (const { streams } of state.batches) for (const { blocks } of streams) yield* blocks;
}

/** The segments of the receiver log that hold a known block, and so must stay. */
export function segmentsOf(state: TrackerState): ReadonlySet<string> {
  const segments = new Set<string>();
  for (const { location } of blocksIn(state)) if (location) segments.add(location.segment);
  return segments;
}
