/**
 * Owns: the port behind which one partition of the keyed state of a stateful operator is kept, and
 * what it hands out.
 * Does not own: when a version of all partitions becomes visible (versioned-state.ts); which
 * snapshot is taken when, and of what (state-snapshots.ts); how a backend keeps its data.
 *
 * I1. Versions are named by batch times in ms. Those that are applied to a partition strictly
 *     increase.
 * I2. What an update holds is seen by nobody else before it is applied; an update that is never
 *     applied leaves no trace.
 * I3. A reader of version v sees exactly v for as long as v is not forgotten, whatever is applied
 *     meanwhile.
 */

/**
 * A pass over the keys of one version, in slices, so that the caller can yield to the event loop
 * between two.
 */
export interface StateScan<K, S> {
  /**
   * Looks at up to `keysMax` more keys, visits those that hold a value, and tells whether more may
   * come: false when the pass is done. A slice may visit fewer keys than it was asked for, even
   * none, while more remain. A backend on disk gives a promise where it has to read.
   */
  next(keysMax: number, visit: (key: K, value: S) => void): boolean | Promise<boolean>;
}

/**
 * One partition of one version. Values are read-only. Each method throws once the version is
 * forgotten.
 */
export interface StateReader<K, S> {
  /** How many keys hold a value. */
  readonly size: number;
  get(key: K): S | undefined;
  has(key: K): boolean;
  /** Every key that holds a value, once, in no promised order. */
  scan(): StateScan<K, S>;
}

/**
 * What one attempt of a task makes of one partition for batch time `version`: an overlay over an
 * older version.
 */
export interface StateUpdate<K, S> {
  readonly partition: number;
  /** The batch time in ms: the version that this update makes when it is completed. */
  readonly version: number;
  /** The version that this update builds upon, without its changes. */
  readonly base: StateReader<K, S>;
  /**
   * Whether values are handed out as clones that may be changed in place. If so, every value that a
   * function returns has to be set; if not, the same reference returned means unchanged.
   */
  readonly mutable: boolean;
  get(key: K): S | undefined;
  has(key: K): boolean;
  /** `value` must not be undefined: a key without a value is a key that was deleted. */
  set(key: K, value: S): void;
  delete(key: K): void;
  /** Makes this batch the last use of the key, if it holds a value and the state has a time-out. */
  touch(key: K): void;
  /**
   * Every key of the base with its value there, ready to be given to a state function. Shows no
   * change of this update.
   */
  scan(): StateScan<K, S>;
  /**
   * The keys whose last use is more than the time-out before this batch and that this update has
   * not set, deleted or touched: the longest unused first, then in the order in which they came
   * into the state. Call it after the records of the batch; nothing is due where the state has no
   * time-out.
   */
  due(): StateScan<K, S>;
}

/** What a snapshot holds of a key. */
export interface StateEntry<K = unknown, S = unknown> {
  /** The key group, 0 to 127. */
  readonly group: number;
  readonly key: K;
  /** Undefined: the key was deleted. */
  readonly value: S | undefined;
  /** The last use, a batch time in ms, where the state has a time-out. */
  readonly usedAtMs?: number | undefined;
}

/** One partition of one version, as a snapshot takes it. */
export interface PartitionSnapshot<K, S> {
  /**
   * Each key once, in no promised order, in slices that look at up to `keysMax` keys each; a slice
   * may be empty. Can be asked for again.
   */
  slices(keysMax: number): AsyncIterable<readonly StateEntry<K, S>[]>;
  /** The snapshot is durable: those that follow may build upon it. Call it after a whole pass. */
  confirm(): void;
  /** Lets go of what the backend keeps for it. */
  release(): void;
}

/** What snapshots ask of a partition. */
export interface SnapshotSource<K, S> {
  /** Notes from now on which keys change, anew; before that, and after `stopTracking`, nothing is noted. */
  trackChanges(): void;
  stopTracking(): void;
  /** How many keys changed after `version`, one that was cut at; one may count several times. O(snapshots). */
  changedSince(version: number): number;
  /** Ends a stretch of changes with the newest version, `version`. */
  cut(version: number): void;
  /**
   * The newest version, `version`: all of it, or what changed after `baseVersion`. Both were cut at,
   * and `version` is not forgotten before the snapshot is released.
   */
  snapshot(version: number, baseVersion: number | undefined): PartitionSnapshot<K, S>;
}

/** One partition of the state of one operator, in memory or elsewhere. */
export interface StatePartition<K, S> extends SnapshotSource<K, S> {
  /** How many keys hold a value in the newest version. O(1). */
  readonly size: number;
  /**
   * An empty update over the newest version, `baseVersion`; an earlier one that was not applied is
   * discarded.
   */
  begin(version: number, baseVersion: number): StateUpdate<K, S>;
  /** Closes the update to further changes; it must be the one that was begun last. */
  seal(update: StateUpdate<K, S>): void;
  /** Makes the sealed update, that of `version`, the newest version. O(changes). A backend on disk, or elsewhere, gives a promise. */
  apply(version: number): void | Promise<void>;
  /** Drops the update that was begun last, if any, sealed or not. */
  discard(): void;
  /**
   * Reads a version that was applied, or any version between that and the next one, which is the
   * same.
   */
  read(version: number): StateReader<K, S>;
  /** Drops what only versions older than `oldestVersion` need. Costs what it drops. */
  forget(oldestVersion: number): void;
  /**
   * Puts entries into a partition to which nothing was applied; the later one of a key counts. They
   * are changes for `trackChanges`. `version` is the last use of what does not tell its own. Of the
   * version of the form of the values, `stateVersion`, a partition elsewhere makes that of today.
   */
  load(
    entries: readonly StateEntry<K, S>[],
    version: number,
    stateVersion: number,
  ): void | Promise<void>;
  /** Ends the loading: the partition is at that version, whether there was anything for it or not. */
  loaded(version: number): void;
}
