/**
 * Owns: the ports through which received data outlives its process.
 * Does not own: what is behind them: the journal, the receiver log, the epochs (the context wires
 * them).
 */
import type { BlockEvent, BlockLocation } from "./block-events.ts";

/**
 * Takes block events in the order of the calls; resolves when an event is kept as safely as the
 * journal keeps it.
 */
export interface BlockJournal {
  append(event: BlockEvent): Promise<void>;
}

/** The receiver log: keeps the bytes of blocks. */
export interface BlockLog {
  /**
   * Resolves when the bytes are durable, with where they are. They must not be changed afterwards.
   * An error of kind `usage` refuses these bytes alone; any other one ends the process.
   */
  append(bytes: Uint8Array): Promise<BlockLocation>;
  /** The bytes, verified; rejects with `log_damaged` and the like. */
  read(location: BlockLocation): Promise<Uint8Array>;
}

/** What makes receivers reliable. */
export interface ReceiverDurability {
  /** The number of the driver's life. */
  readonly epoch: number;
  readonly journal: BlockJournal;
  /** Without it blocks live in the memory of the process alone. */
  readonly log?: BlockLog | undefined;
  /** Reads what earlier lives logged, where this one logs nothing. */
  readonly earlierLog?: Pick<BlockLog, "read"> | undefined;
  /** Rejects with `epoch_superseded` when another driver has taken over; asked before each acknowledgement. */
  assertLeading(): Promise<void>;
  /**
   * Ends the process: a log or the journal failed, or another driver leads. Nothing is acknowledged any more. It is told
   * of each write that fails, so more than once, and also of those that a log refuses which was closed meanwhile.
   */
  fatal(error: unknown): void;
}

/** The durability of a context without any: nothing outlives the process. */
export const volatileDurability: ReceiverDurability = {
  epoch: 0,
  journal: { append: () => Promise.resolve() },
  assertLeading: () => Promise.resolve(),
  fatal: () => {},
};
