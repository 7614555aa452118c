/**
 * Owns: what is told of one file of a log while it is read.
 */
import type { LogDamage } from "./damage.ts";
import type { LogKind, SegmentFooter, SegmentHeader } from "./log-format.ts";

/** Where a frame is, durably; what a journal writes to vouch for a block. */
export interface FrameAddress {
  /** The name of the file in the store. */
  readonly segment: string;
  /** Where the frame begins, its header included. */
  readonly offset: number;
  /** The bytes of the whole frame, header and payload. */
  readonly length: number;
  /** CRC-32 of the payload as it is stored. */
  readonly checksum: number;
}

/** A frame that is as it was written. */
export interface SegmentFrame {
  readonly kind: "frame";
  readonly sequence: number;
  readonly epoch: number;
  /** How many frames before it were not known to be durable when it was written. */
  readonly unsyncedBefore: number;
  /** The payload as it is stored; bytes that nobody writes to any more. */
  readonly stored: Uint8Array;
  readonly address: FrameAddress;
}

/** The end of a file, and what was learned on the way. */
export interface SegmentEnd {
  readonly kind: "end";
  readonly file: string;
  /** Undefined where it is damaged. */
  readonly header: SegmentHeader | undefined;
  /** Undefined where there is none, or none that can be read. */
  readonly footer: SegmentFooter | undefined;
  /** Whether it was read up to the length at which it was sealed by others. */
  readonly isBounded: boolean;
  /** Where the last part ends before which nothing is damaged; up to there the file is as it was written. */
  readonly wholeLength: number;
  /** The sequence number that comes after those frames; undefined where nothing tells it. */
  readonly wholeUntil: number | undefined;
  /** Frames below it had been durable, as what was read proves; undefined where nothing proves anything. */
  readonly durableBelow: number | undefined;
}

export type SegmentEvent = SegmentFrame | { readonly kind: "damage"; readonly damage: LogDamage };

/** What a file has to be; what is left out is not checked. */
export interface SegmentExpectation {
  readonly kind?: LogKind | undefined;
  readonly segment?: number | undefined;
  readonly epoch?: number | undefined;
  /** Not checked: it tells what is missing at the beginning of a file whose header is damaged. */
  readonly firstSequence?: number | undefined;
}
