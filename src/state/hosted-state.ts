/**
 * Owns: the partitions of a keyed state that this process has for another one, which decides when a version of all
 * partitions is visible.
 * Does not own: that decision (versioned-state.ts, there); how it is told (src/executor).
 *
 * I1. Each partition is at the version that was applied to it last, and an update builds on that one.
 * I2. An update that is complete waits, out of sight, until it is applied or discarded.
 */
import { invariant, StreamError } from "../base/index.ts";
import type { KeyedState } from "./keyed-state.ts";
import { LevelDatabase } from "./level-database.ts";
import type { StateVersion } from "./migration.ts";
import { openPartition } from "./open-partition.ts";
import { entryReading } from "./restore.ts";
import { type CustomStateCodec, customCodec, encodedEntry } from "./state-codec.ts";
import type { VersionedStateOptions } from "./state-options.ts";
import type {
  PartitionSnapshot,
  StateEntry,
  StatePartition,
  StateReader,
  StateUpdate,
} from "./state-partition.ts";

interface Hosted<K, S> {
  readonly partition: StatePartition<K, S>;
  /** The version that was applied last; before the first one, older than any. */
  version: number;
  /** That of an update that is complete and waits. */
  sealed: number | undefined;
}

/** The partitions of the state of one operator that were given to this process. */
export class HostedState<K, S> implements KeyedState<K, S> {
  readonly #options: VersionedStateOptions<S>;
  readonly #form: StateVersion<K, S>;
  readonly #operator: () => string;
  readonly #codec: CustomStateCodec<S> | undefined;
  readonly #database: LevelDatabase | undefined;
  readonly #hosted = new Map<number, Hosted<K, S>>();

  /** `operator` tells the uid, for errors. */
  constructor(
    options: VersionedStateOptions<S> & {
      readonly form: StateVersion<K, S>;
      readonly operator: () => string;
    },
  ) {
    this.#options = options;
    this.#form = options.form;
    this.#operator = options.operator;
    this.#codec = customCodec(options.codec);
    this.#database = options.level && new LevelDatabase(options.level.directory);
  }

  /** Has the partition from now on, empty, before the first version; what it had of it before is dropped. */
  take(partition: number): void {
    this.#hosted.set(partition, {
      partition: openPartition(partition, this.#options, this.#database),
      version: Number.NEGATIVE_INFINITY,
      sealed: undefined,
    });
  }

  /** The version of the partition; undefined where it is not here. */
  versionOf(partition: number): number | undefined {
    return this.#hosted.get(partition)?.version;
  }

  open(): Promise<void> | undefined {
    return this.#database?.open();
  }

  begin(partition: number, version: number): StateUpdate<K, S> {
    const hosted = this.#find(partition);
    invariant(version > hosted.version, "no update of a version that was applied begins");
    hosted.sealed = undefined;
    return hosted.partition.begin(version, hosted.version);
  }

  complete(update: StateUpdate<K, S>): void {
    const hosted = this.#find(update.partition);
    hosted.partition.seal(update);
    hosted.sealed = update.version;
  }

  /** Shows the update of that version, which is complete; once more does nothing. */
  async apply(partition: number, version: number): Promise<void> {
    const hosted = this.#find(partition);
    if (hosted.version === version) return;
    invariant(hosted.sealed === version, "what is applied is complete");
    hosted.sealed = undefined;
    await hosted.partition.apply(version);
    hosted.version = version;
  }

  /** Drops the update of the partition that was not applied. */
  discard(partition: number): void {
    const hosted = this.#find(partition);
    hosted.sealed = undefined;
    hosted.partition.discard();
  }

  restart(version: number): void {
    for (const [partition, hosted] of this.#hosted) {
      if (version > hosted.version) this.discard(partition);
    }
  }

  isComplete(partition: number, version: number): boolean {
    const hosted = this.#hosted.get(partition);
    return hosted !== undefined && (version <= hosted.version || version === hosted.sealed);
  }

  /** Whether all partitions that are here show it. */
  isVisible(version: number): boolean {
    return [...this.#hosted.values()].every((hosted) => version <= hosted.version);
  }

  /** Throws `state_partition_elsewhere`. */
  read(partition: number, version: number): StateReader<K, S> {
    const hosted = this.#find(partition);
    invariant(version <= hosted.version, "a version is read where it was applied");
    return hosted.partition.read(version);
  }

  forget(_beforeVersion: number): void {}

  /** What only versions older than `oldest` need, of one partition; the newest stays. */
  forgetOf(partition: number, oldest: number): void {
    this.#find(partition).partition.forget(oldest);
  }

  /** Fills a partition that was taken with entries of a snapshot, whose values have the form of `stateVersion`. */
  async load(
    partition: number,
    stored: {
      readonly entries: readonly StateEntry[];
      readonly versionMs: number;
      readonly stateVersion: number;
    },
  ): Promise<void> {
    const opening = this.open();
    if (opening !== undefined) await opening;
    const { entries, stateVersion, versionMs } = stored;
    const hosted = this.#find(partition);
    const restore = { ...this.#form, operator: this.#operator() };
    const read = entryReading<K, S>(stateVersion, restore, this.#codec);
    const own = read === undefined ? (entries as readonly StateEntry<K, S>[]) : entries.map(read);
    await hosted.partition.load(own, versionMs, stateVersion);
  }

  /** Ends the loading: the partition is at that version. */
  loaded(partition: number, versionMs: number): void {
    const hosted = this.#find(partition);
    hosted.partition.loaded(versionMs);
    hosted.version = versionMs;
  }

  /** What snapshots ask of the partition, with values as a snapshot has them. */
  source(partition: number): SnapshotPart<K, S> {
    const { partition: held } = this.#find(partition);
    const codec = this.#codec;
    return {
      size: held.size,
      trackChanges: () => held.trackChanges(),
      stopTracking: () => held.stopTracking(),
      changedSince: (version) => held.changedSince(version),
      cut: (version) => held.cut(version),
      snapshot: (version, base) => encodedSnapshot(held.snapshot(version, base), codec),
    };
  }

  async close(): Promise<void> {
    this.#hosted.clear();
    await this.#database?.close();
  }

  #find(partition: number): Hosted<K, S> {
    const hosted = this.#hosted.get(partition);
    if (hosted !== undefined) return hosted;
    throw new StreamError("state_partition_elsewhere", { operator: this.#operator(), partition });
  }
}

/** What snapshots ask of a partition. */
export interface SnapshotPart<K, S>
  extends Pick<
    StatePartition<K, S>,
    "size" | "trackChanges" | "stopTracking" | "changedSince" | "cut"
  > {
  snapshot(version: number, base: number | undefined): PartitionSnapshot<K, unknown>;
}

function encodedSnapshot<K, S>(
  snapshot: PartitionSnapshot<K, S>,
  codec: CustomStateCodec<S> | undefined,
): PartitionSnapshot<K, unknown> {
  if (codec === undefined) return snapshot;
  return {
    async *slices(keysMax) {
      for await (const slice of snapshot.slices(keysMax)) {
        yield slice.map((entry) => encodedEntry(entry, codec));
      }
    },
    confirm: () => snapshot.confirm(),
    release: () => snapshot.release(),
  };
}
