/**
 * Owns: the versions of the keyed state of one stateful operator: when one becomes visible, which
 * can be read.
 * Does not own: the data of a partition (the StatePartition port); when the scheduler begins,
 * retries or gives up a batch.
 *
 * I1. Versions are batch times in ms and strictly increase. One of them at most is being made:
 *     updates of a later one begin only when it is visible, so that no update builds on anything
 *     but the newest version.
 * I2. A version becomes visible for all partitions at once, when the update of each of them is
 *     complete.
 * I3. The visible version can always be read; so can each older one until it is forgotten. The one
 *     that a snapshot reads is not forgotten before that is released.
 */
import { invariant } from "../base/index.ts";
import { LevelDatabase } from "./level-database.ts";
import { openPartition } from "./open-partition.ts";
import { loadChain, type StateRestore } from "./restore.ts";
import { type CustomStateCodec, customCodec } from "./state-codec.ts";
import type { StateElsewhere, VersionedStateOptions } from "./state-options.ts";
import type { StatePartition, StateReader, StateUpdate } from "./state-partition.ts";
import { type StateSnapshot, StateSnapshots } from "./state-snapshots.ts";

/** The version that is being made, and the partitions that are done with it. */
interface NextVersion {
  readonly version: number;
  readonly completed: Set<number>;
  /** All are, and it is on its way into a backend on disk. */
  isBeingApplied: boolean;
}

/** The keyed state of one stateful operator, versioned by batch time. */
export class VersionedState<K, S> {
  readonly #partitions: readonly StatePartition<K, S>[];
  readonly #codec: CustomStateCodec<S> | undefined;
  readonly #snapshots: StateSnapshots<K, S>;
  readonly #database: LevelDatabase | undefined;
  readonly #elsewhere: StateElsewhere | undefined;
  /** The versions that can be read, ascending; the last one is visible. */
  readonly #versions: number[] = [];
  #next: NextVersion | undefined;

  constructor(options: VersionedStateOptions<S>) {
    const { elsewhere, level } = options;
    this.#database =
      elsewhere === undefined && level ? new LevelDatabase(level.directory) : undefined;
    this.#partitions = Array.from(
      { length: options.partitions },
      (_, index) =>
        elsewhere?.partition<K, S>(index) ?? openPartition<K, S>(index, options, this.#database),
    );
    this.#elsewhere = elsewhere;
    this.#codec = elsewhere === undefined ? customCodec(options.codec) : undefined;
    this.#snapshots = new StateSnapshots(this.#partitions, this.#codec);
  }

  /**
   * The newest version that is complete in all partitions: a batch time in ms; undefined before the
   * first one.
   */
  get visibleVersion(): number | undefined {
    return this.#versions.at(-1);
  }

  /** See `StateElsewhere.isSettled`. */
  get isSettled(): boolean {
    return this.#elsewhere?.isSettled() ?? true;
  }

  /** See `StateElsewhere.settled`. */
  async settled(): Promise<void> {
    await this.#elsewhere?.settled();
  }

  /** The version of the newest snapshot that is durable; undefined before the first one. */
  get durableVersion(): number | undefined {
    return this.#snapshots.durableVersion;
  }

  /** How many keys hold a value in the visible version, in all partitions. */
  get size(): number {
    return this.#partitions.reduce((sum, partition) => sum + partition.size, 0);
  }

  /** How many keys of the partition hold a value in the visible version. */
  sizeOf(partition: number): number {
    return this.#partition(partition).size;
  }

  /**
   * An empty update of the partition for batch time `version`, over the visible version. It
   * discards an earlier update of the same version that was not completed; begin none where
   * `isComplete`.
   */
  begin(partition: number, version: number): StateUpdate<K, S> {
    invariant(!this.isComplete(partition, version), "no update of a completed version begins");
    this.#next ??= { version, completed: new Set(), isBeingApplied: false };
    invariant(this.#next.version === version, "one version of a state is made at a time");
    return this.#partition(partition).begin(version, this.visibleVersion ?? -Infinity);
  }

  /**
   * The partition of the update is done; when all are, the version is visible, with a backend on
   * disk once the promise resolves. The update cannot be used any more. Rejects with
   * `state_backend_failed`.
   */
  complete(update: StateUpdate<K, S>): void | Promise<void> {
    const next = this.#next;
    invariant(
      next?.version === update.version,
      "an update completes the version that is being made",
    );
    this.#partition(update.partition).seal(update);
    return this.#completeIn(next, update.partition);
  }

  /**
   * As `complete`, of an update that was made and closed where the partition is, over the visible
   * version.
   */
  completed(partition: number, version: number): void | Promise<void> {
    invariant(!this.isComplete(partition, version), "a partition completes a version once");
    this.#next ??= { version, completed: new Set(), isBeingApplied: false };
    invariant(this.#next.version === version, "one version of a state is made at a time");
    return this.#completeIn(this.#next, partition);
  }

  #completeIn(next: NextVersion, partition: number): void | Promise<void> {
    next.completed.add(partition);
    if (next.completed.size < this.#partitions.length) return;
    const writes = this.#partitions.flatMap((partition) => partition.apply(next.version) ?? []);
    if (writes.length === 0) return this.#show(next.version);
    next.isBeingApplied = true;
    return this.#showAfter(writes, next.version);
  }

  /**
   * Discards all that was done of `version`, which is not visible: its updates, completed ones too,
   * begin anew. One whose updates are all complete becomes visible all the same.
   */
  restart(version: number): void {
    invariant(!this.isVisible(version), "no visible version is begun anew");
    // What is on its way has all its partitions: it only is not seen yet.
    if (this.#next?.isBeingApplied === true) return;
    // Elsewhere an update may be under way of which nothing was told yet.
    if (this.#next === undefined ? this.#elsewhere === undefined : this.#next.version !== version)
      return;
    for (const partition of this.#partitions) partition.discard();
    this.#next = undefined;
  }

  /** Whether the partition needs no update of `version` any more. */
  isComplete(partition: number, version: number): boolean {
    if (this.isVisible(version)) return true;
    return this.#next?.version === version && this.#next.completed.has(partition);
  }

  /** Whether `version`, or a later one, is visible. */
  isVisible(version: number): boolean {
    return version <= (this.visibleVersion ?? -Infinity);
  }

  /**
   * Reads the visible version or an older one that is not forgotten; a batch time that is no
   * version cannot be read.
   */
  read(partition: number, version: number): StateReader<K, S> {
    invariant(
      this.#versions.lastIndexOf(version) !== -1,
      "the version of the state that is read exists",
    );
    return this.#partition(partition).read(version);
  }

  /**
   * Drops what only versions older than `beforeVersion` need; the visible version stays, and the
   * one that a snapshot holds with all that follow. Costs what it drops.
   */
  forget(beforeVersion: number): void {
    if (!this.isSettled) return;
    const before = Math.min(beforeVersion, this.#snapshots.heldVersion);
    const oldest = this.#versions.find((version) => version >= before) ?? this.visibleVersion;
    if (oldest === undefined) return;
    this.#versions.splice(0, this.#versions.indexOf(oldest));
    for (const partition of this.#partitions) partition.forget(oldest);
  }

  /**
   * A snapshot of the visible version, full or of what changed since an earlier one, one at a time;
   * undefined where there is no version yet, where the visible one has a durable snapshot, and while
   * the next one is on its way into a backend on disk: ask again after the next batch. The
   * first one, and the first after a restart with a migration, is full. The cost of a snapshot goes
   * by what changed since the last one, in the long run, and so does that of following the changes,
   * which begins with the first snapshot.
   */
  beginSnapshot(): StateSnapshot<K> | undefined {
    const { visibleVersion } = this;
    return visibleVersion === undefined || !this.isSettled || this.#next?.isBeingApplied === true
      ? undefined
      : this.#snapshots.begin(visibleVersion, this.size);
  }

  /**
   * A partition elsewhere is lost, with an update that was complete and not yet to be seen. Tells the versions after
   * `baseVersion` that it had, ascending: all that can be read, and the one that is to be seen.
   */
  lost(partition: number, baseVersion: number): readonly number[] {
    const next = this.#next;
    if (next?.isBeingApplied === false) next.completed.delete(partition);
    const versions =
      next?.isBeingApplied === true ? [...this.#versions, next.version] : this.#versions;
    return versions.filter((version) => version > baseVersion);
  }

  /** Makes the next snapshot a full one: what was noted of changes is not to be relied on. */
  noteChangesAnew(): void {
    this.#snapshots.startAnew();
  }

  /**
   * Fills this state, which has no version yet, from the snapshots of a chain; their last version is
   * then visible. Rejects with `state_version_newer`, `state_version_older`,
   * `state_migration_failed` and `state_codec_failed`; the state is of no use after a failure.
   */
  async restore(restore: StateRestore<K, S>): Promise<void> {
    invariant(
      this.visibleVersion === undefined && this.#next === undefined,
      "a state is restored before its first batch",
    );
    const last = restore.chain.at(-1);
    invariant(last !== undefined, "a state is restored from a full snapshot at least");
    await this.open();
    const codec = this.#elsewhere !== undefined ? "elsewhere" : this.#codec;
    await loadChain(this.#partitions, this.#snapshots, restore, codec);
    this.#versions.push(last.versionMs);
    this.#snapshots.applied(this.size);
  }

  /**
   * Gets the backend ready, which a state needs before its first update; undefined where it is.
   * Rejects with `state_directory_in_use`, `state_backend_failed`.
   */
  open(): Promise<void> | undefined {
    return this.#database?.open();
  }

  /** Ends the backend; what it held is gone. Safe to call twice. */
  async close(): Promise<void> {
    await this.#database?.close();
  }

  #show(version: number): void {
    this.#next = undefined;
    this.#versions.push(version);
    this.#snapshots.applied(this.size);
  }

  async #showAfter(writes: readonly Promise<void>[], version: number): Promise<void> {
    try {
      await Promise.all(writes);
    } catch (thrown) {
      this.#next = undefined;
      throw thrown;
    }
    this.#show(version);
  }

  #partition(index: number): StatePartition<K, S> {
    const partition = this.#partitions[index];
    invariant(partition !== undefined, "the partition of the state exists");
    return partition;
  }
}
