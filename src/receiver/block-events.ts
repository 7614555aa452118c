/**
 * Owns: what is known of a received block, and the events that tell the driver's knowledge of blocks; plain data all of
 * it, so that a journal can keep it.
 * Does not own: what follows from the events (block-tracker.ts), how a journal writes them, how a block is read
 * (block-reader.ts).
 */
import type { SourceRange } from "./source-range.ts";

/** Where a log holds a block. */
export interface BlockLocation {
  readonly segment: string;
  readonly offset: number;
  readonly length: number;
  readonly checksum: number;
}

/** What the driver knows of a block that a receiver stored. */
export interface BlockRecord {
  /** `input-<streamUid>-<epoch>-<n>`, or `...-<epoch>-<executor>-<n>`: no two lives of the driver use one id. */
  readonly id: string;
  /** The uid of the input that the block came in by. */
  readonly streamUid: string;
  /** 0 where the block came as bytes and nobody has decoded it yet. */
  readonly recordCount: number;
  /** How many bytes came, where the block came as bytes. */
  readonly byteCount?: number;
  /** The number of the receiver start that stored it. */
  readonly receiverStart: number;
  readonly position?: SourceRange;
  /** Plain data. */
  readonly metadata?: unknown;
  /** Whether it holds records, or bytes that the receiver makes records of at each read. */
  readonly form: "records" | "bytes";
  /** Where the receiver log holds it; without, it is gone with the process. */
  readonly location?: BlockLocation;
}

/** A receiver begins; blocks of its earlier starts are refused from here on. */
export interface ReceiverStarted {
  readonly kind: "receiver_started";
  readonly streamUid: string;
  readonly receiverStart: number;
}

export interface BlockAdded {
  readonly kind: "block_added";
  readonly block: BlockRecord;
}

/** What a replay of a batch needs besides its blocks; plain data. */
export interface AllocationPins {
  /** What the inputs without receiver chose for the batch, by the uid of the input. */
  readonly inputs: Readonly<Record<string, unknown>>;
  /** How many partitions the shuffles and outputs of the batch have, by the uid of the operator. */
  readonly partitions: Readonly<Record<string, number>>;
}

/** A batch gets exactly these blocks and pins, for ever; streams without blocks are left out. */
export interface BatchAllocated extends AllocationPins {
  readonly kind: "batch_allocated";
  readonly batchTimeMs: number;
  readonly streams: readonly { readonly streamUid: string; readonly blockIds: readonly string[] }[];
}

/** The next position that is expected of a source partition. */
export interface SourcePosition {
  readonly partition: string;
  readonly next: number;
}

/** These blocks went with the process that had them in memory; the positions go back to the first that is lost. */
export interface BlocksLost {
  readonly kind: "blocks_lost";
  readonly streams: readonly {
    readonly streamUid: string;
    readonly blockIds: readonly string[];
    readonly positions: readonly SourcePosition[];
  }[];
}

/** The allocations of these batches are forgotten. */
export interface BatchesCleaned {
  readonly kind: "batches_cleaned";
  readonly batchTimesMs: readonly number[];
}

/** All that changes what the driver knows of received blocks. */
export type BlockEvent =
  | ReceiverStarted
  | BlockAdded
  | BatchAllocated
  | BlocksLost
  | BatchesCleaned;
