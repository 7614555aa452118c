/**
 * Owns: what a state snapshot is: the persisted state of one stateful operator at one version, whole, or what changed
 * since an earlier one.
 * Does not own: its file (state-snapshot-format.ts), what goes into it and when (src/state, src/recovery).
 */

/** The version of the format that is written, and the newest that is read. */
export const stateSnapshotFormatVersion = 1;

/** One key of a state. */
export interface StateEntry {
  /** The key group, from 0. */
  readonly group: number;
  readonly key: unknown;
  /** undefined: the key is gone since the base of a delta. */
  readonly value: unknown;
  /** When the key was last used, where that decides about a time-out. */
  readonly usedAtMs?: number | undefined;
}

/** Whose state it is, and as of when. */
export interface StateSnapshotHeader {
  readonly operatorUid: string;
  /** The batch time whose state this is. */
  readonly versionMs: number;
  /** The version that this is a delta against; null where it is whole. */
  readonly baseVersionMs: number | null;
  /** The version of what the program keeps per key. */
  readonly stateVersion: number;
}

/** A state snapshot in the store, and how to know its bytes. */
export interface StateSnapshotRef extends StateSnapshotHeader {
  readonly name: string;
  /** How values are written. */
  readonly codecId: string;
  /** SHA-256 over its bytes, as 64 hexadecimal digits. */
  readonly sha256: string;
  readonly entryCount: number;
  readonly byteCount: number;
}
