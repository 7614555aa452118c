/**
 * Owns: what a received block is, and the events that tell the driver's knowledge of blocks.
 * Does not own: what follows from them (block-tracker.ts), how a journal writes them.
 */
import type { StoredBlock } from "../core/index.ts";
import type { SourceRange } from "./source-range.ts";

/** A block of records that a receiver stored and the driver knows. */
export interface ReceivedBlock {
  /** `input-<streamId>-<n>`; n grows with every block that the receiver of a stream stores. */
  readonly id: string;
  readonly streamId: number;
  /** 0 where the block came as bytes and nobody has decoded it yet. */
  readonly recordCount: number;
  /** How many bytes came, where the block came as bytes. */
  readonly byteCount?: number;
  /** The number of the receiver start that stored it. */
  readonly receiverStart: number;
  readonly position?: SourceRange;
  readonly metadata?: unknown;
  readonly stored: StoredBlock;
}

/** A receiver begins; blocks of its earlier starts are refused from here on. */
export interface ReceiverStarted {
  readonly kind: "receiver_started";
  readonly streamId: number;
  readonly receiverStart: number;
}

export interface BlockAdded {
  readonly kind: "block_added";
  readonly block: ReceivedBlock;
}

/** A batch gets exactly these blocks, for ever; streams without blocks are left out. */
export interface BatchAllocated {
  readonly kind: "batch_allocated";
  readonly batchTimeMs: number;
  readonly streams: readonly { readonly streamId: number; readonly blockIds: readonly string[] }[];
}

/** The allocations of these batches are forgotten. */
export interface BatchesCleaned {
  readonly kind: "batches_cleaned";
  readonly batchTimesMs: readonly number[];
}

/** All that changes what the driver knows of received blocks. */
export type BlockEvent = ReceiverStarted | BlockAdded | BatchAllocated | BatchesCleaned;
