/**
 * Owns: what a stream graph looks like from outside, as plain data: what a checkpoint keeps of the program, and what the
 * next start compares with its own.
 * Does not own: the comparison (src/checkpoint), how ids come about (stream-ids.ts).
 */

/** What a stream is to a recovery: data comes in by it, it makes some of others, or it has an effect. */
export type StreamRole = "input" | "operator" | "output";

/** What a recovery has to know of the state of a stateful operator. */
export interface StateDescription {
  /** The version of what the program keeps per key; raised by the program when that changes. */
  readonly version: number;
  /** How values are written: `value` by the default codec, `avro:<fingerprint>` by a declared schema. */
  readonly codecId: string;
  readonly partitions: number;
  /** What an old state depends on, so that none can be taken over when it changes: the size of a window. */
  readonly layout: Readonly<Record<string, unknown>>;
  /** Older versions that this program can migrate. */
  readonly migratesFrom: readonly number[];
}

/** One input, operator or output. */
export interface StreamDescription {
  /** The id, unique in the graph. */
  readonly uid: string;
  /** Whether the program gave it; else it is derived from the lineage. */
  readonly isUidGiven: boolean;
  /** The derived id without the number that tells twins apart; the uid itself where it was given. */
  readonly lineageUid: string;
  readonly role: StreamRole;
  readonly kind: string;
  readonly parents: readonly string[];
  /** What tells it from another one of its kind over the same parents; plain data. */
  readonly parameters: readonly unknown[];
  /** The time between two of its datasets. */
  readonly slideMs: number;
  /** Its dataset of t is made of those of its parents in (t - spanMs, t]. */
  readonly spanMs: number;
  /** A hash of the sources of its functions; undefined where it has none. */
  readonly codeHash?: string;
  /** A hash of all that went into it: the functions of its lineage included, up to streams with a given uid. */
  readonly signature: string;
  readonly state?: StateDescription;
}

/** A stream graph: all that its outputs depend on, each stream behind those that it is made of. */
export interface GraphDescription {
  readonly streams: readonly StreamDescription[];
}
