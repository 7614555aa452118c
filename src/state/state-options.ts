/** Owns: what may be said about how the state of an operator is kept. */
import type { ProtectionOptions } from "./protection.ts";
import type { StateCodec } from "./state-codec.ts";
import type { StatePartition } from "./state-partition.ts";

/** How the state of an operator is kept. */
export interface VersionedStateOptions<S> extends ProtectionOptions<S> {
  readonly partitions: number;
  /**
   * A key is due at the first batch that is more than this after its last use. Without it, nothing
   * is ever due.
   */
  readonly timeoutMs?: number | undefined;
  /** How values are written; the default codec where it is left out. */
  readonly codec?: StateCodec<S> | undefined;
  /** Keeps the state in LevelDB instead of in memory. */
  readonly level?: LevelOptions | undefined;
  /** Keeps it elsewhere altogether: in other processes. */
  readonly elsewhere?: StateElsewhere | undefined;
}

/**
 * Partitions that are not in this process. Values of a codec of one's own pass through here as its
 * bytes; updates are made where the partition is, and told with `completed`.
 */
export interface StateElsewhere {
  partition<K, S>(index: number): StatePartition<K, S>;
  /**
   * Whether all of them are where they are said to be. While one is brought back nothing is forgotten that it is made
   * from, and no snapshot begins.
   */
  isSettled(): boolean;
  /** Resolves when all of them are. */
  settled(): Promise<void>;
}

/** Where a state larger than memory is kept while the program runs. */
export interface LevelOptions {
  /**
   * A directory of this state alone, asked for when it is opened: what is in it is lost then, and
   * again at the end.
   */
  readonly directory: () => string;
  /** So many changes of a task stay in memory before they move to disk (default 20,000). */
  readonly changesInMemoryMax?: number;
}
