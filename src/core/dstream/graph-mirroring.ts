/**
 * Owns: what graphs that mirror another one have to hear of it; plain data and interfaces only.
 * Does not own: what they ask it (mirror.ts), how it is told (src/executor).
 */
import type { ApplicationIdentity } from "../output/index.ts";
import type { PartitionPins } from "./partition-pins.ts";
import type { BatchGap } from "./stream.ts";

/** Up to which times a graph has dropped what it had; of some streams less, by their names. Plain data. */
export interface Forgotten {
  readonly beforeMs: number;
  readonly kept: readonly (readonly [stream: string, beforeMs: number])[];
}

/** What has become of a graph that other graphs mirror. Times and uids are those of its description. */
export interface GraphWatcher {
  gapAdded(gap: BatchGap): void;
  pinned(timeMs: number, pins: PartitionPins): void;
  leftOut(timeMs: number, streams: readonly string[]): void;
  forgotten(forgotten: Forgotten): void;
  outputsForgotten(beforeMs: number): void;
}

/** What a graph that begins to mirror another has to know of it. Plain data. */
export interface GraphState {
  readonly application: ApplicationIdentity;
  readonly zeroTimeMs: number;
  readonly gaps: readonly BatchGap[];
  readonly leftOut: readonly { readonly stream: string; readonly timesMs: readonly number[] }[];
  /** The numbers of partitions that batches of an earlier life keep. */
  readonly pinned: readonly (readonly [timeMs: number, pins: PartitionPins])[];
  readonly areStatesSpread: boolean;
}
