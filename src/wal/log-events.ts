/**
 * Owns: what is told of a log while it is read, its copies taken together.
 */
import type { DamageKind, LogDamage, SequenceRange } from "./damage.ts";
import type { LogSide } from "./log-listing.ts";
import type { FrameAddress } from "./segment-events.ts";

/** A frame that at least one copy has. */
export interface LogFrame {
  readonly kind: "frame";
  readonly segment: number;
  readonly sequence: number;
  readonly epoch: number;
  /** How many frames before it were not known to be durable when it was written. */
  readonly unsyncedBefore: number;
  /** What was appended. */
  readonly payload: Uint8Array;
  /** Where a good copy of it is. */
  readonly address: FrameAddress;
}

/** Frames that no copy has. */
export interface LogLoss {
  readonly segment: number;
  /** Undefined where nothing tells. */
  readonly lost: SequenceRange | undefined;
  /** What was found in the copies of the segment until here, the first of it. */
  readonly because: readonly LogDamage[];
}

/** A copy of a segment, as it was found. */
export interface CopyReport {
  readonly file: string;
  readonly side: LogSide;
  /** Whether it holds, as it was written, all that counts of the segment. */
  readonly isWhole: boolean;
  /** What is wrong with it, each kind once. */
  readonly damage: readonly DamageKind[];
}

/** A segment, its copies taken together, when all of them were read. */
export interface SegmentReport {
  readonly segment: number;
  readonly epoch: number;
  /**
   * `footer`: by its writer, and nothing was lost. `bound`: by a later epoch, and nothing before was lost. `open`: by
   * nobody. `broken`: it was sealed, and frames of it, or its header, are lost.
   */
  readonly sealed: "footer" | "bound" | "open" | "broken";
  /** Up to where frames follow each other without a gap; 0 where there is none. */
  readonly wholeLength: number;
  /** The sequence number behind them; undefined where there is none, and nothing tells what would come first. */
  readonly wholeUntil: number | undefined;
  /** Frames below it had been durable, as what was read proves; undefined where nothing proves anything. */
  readonly durableBelow: number | undefined;
  readonly copies: readonly CopyReport[];
  /** All that is wrong with the copies, the first of it. */
  readonly damage: readonly LogDamage[];
}

export type LogEvent =
  | LogFrame
  /** One copy is damaged; what that costs is told by a loss, if another copy does not make up for it. */
  | { readonly kind: "damage"; readonly segment: number; readonly damage: LogDamage }
  | { readonly kind: "loss"; readonly loss: LogLoss }
  | { readonly kind: "segment"; readonly report: SegmentReport };
