/**
 * Owns: one partition of keyed state in LevelDB, for state larger than memory.
 * Does not own: versions across partitions (versioned-state.ts); the database that all partitions of
 * a state share (level-database.ts).
 *
 * I1. At most one update can still be applied: the one that was begun last.
 * I2. A version is a view of the database, taken when all its changes were written; what is written
 *     afterwards is not in it. LevelDB keeps what views need, and nothing else that is old.
 * I3. Only an update that is being applied, and a load, write entries.
 */
import { invariant } from "../base/index.ts";
import { encodeKey } from "../codec/index.ts";
import { LevelChanges } from "./level-changes.ts";
import type { LevelBatch, LevelDatabase } from "./level-database.ts";
import { noValue } from "./level-due.ts";
import {
  chunksOf,
  type EncodedChange,
  LevelOverlay,
  used,
  type ValueCodec,
} from "./level-overlay.ts";
import { type LevelParts, LevelReader, type LevelVersion } from "./level-reader.ts";
import { keyBytesOf, PartitionKeys, recordBytes, recordOf } from "./level-records.ts";
import { LevelSnapshot } from "./level-snapshot.ts";
import { LevelUpdate } from "./level-update.ts";
import type { Protection } from "./protection.ts";
import type {
  PartitionSnapshot,
  StateEntry,
  StatePartition,
  StateReader,
  StateUpdate,
} from "./state-partition.ts";
import { absent } from "./versioned-map.ts";

/** How a partition is set up. */
export interface LevelPartitionOptions<S> {
  readonly database: LevelDatabase;
  readonly codec: ValueCodec<S>;
  readonly protection: Protection<S>;
  readonly timeoutMs: number | undefined;
  readonly changesInMemoryMax: number | undefined;
}

interface Version extends LevelVersion {
  readonly version: number;
}

type Attempt<K, S> =
  | { readonly stage: "none" }
  | {
      readonly stage: "open" | "sealed";
      readonly update: LevelUpdate<K, S>;
      readonly overlay: LevelOverlay<K, S>;
    };

const keysWrittenAtOnce = 500;

export class LevelPartition<K, S> implements StatePartition<K, S> {
  readonly #index: number;
  readonly #options: LevelPartitionOptions<S>;
  readonly #parts: LevelParts<S>;
  readonly #keys: PartitionKeys;
  /** Ascending; the first one is that of the oldest version that can be read. */
  #versions: readonly Version[] = [];
  #oldestVersion = -Infinity;
  #newestVersion = -Infinity;
  /** The entries in the database, which a version that is being applied has changed already. */
  #entryCount = 0;
  #nextOrder = 0;
  #attempt: Attempt<K, S> = { stage: "none" };
  #attemptCount = 0;
  #changes: LevelChanges | undefined;
  #trackingCount = 0;

  constructor(index: number, options: LevelPartitionOptions<S>) {
    this.#index = index;
    this.#options = options;
    this.#keys = new PartitionKeys(index);
    const { database, codec, protection } = options;
    this.#parts = {
      database,
      keys: this.#keys,
      valueOf: (bytes) => protection.toStore(codec.decode(bytes)),
    };
  }

  get size(): number {
    return this.#versions.at(-1)?.size ?? 0;
  }

  begin(version: number, baseVersion: number): StateUpdate<K, S> {
    this.discard();
    // Before anything is written, so that the first version has one that is empty to build upon.
    this.#versionAt(baseVersion);
    const { database, codec, changesInMemoryMax } = this.#options;
    const attempt = this.#nextAttempt();
    const overlay = new LevelOverlay<K, S>(database, codec, attempt, changesInMemoryMax);
    const parts = {
      ...this.#parts,
      ...this.#options,
      index: this.#index,
      base: this.#reader(baseVersion),
      overlay,
    };
    const update = new LevelUpdate<K, S>(parts, version);
    this.#attempt = { stage: "open", update, overlay };
    return update;
  }

  seal(update: StateUpdate<K, S>): void {
    const attempt = this.#attempt;
    invariant(
      attempt.stage === "open" && attempt.update === update,
      "the update that is completed is the one that was begun last",
    );
    attempt.update.take();
    attempt.overlay.encode();
    this.#attempt = { ...attempt, stage: "sealed" };
  }

  apply(): Promise<void> | undefined {
    const attempt = this.#attempt;
    invariant(attempt.stage === "sealed", "an update is sealed before it is applied");
    this.#attempt = { stage: "none" };
    if (attempt.overlay.isEmpty) return undefined;
    return this.#apply(attempt.overlay, attempt.update.version);
  }

  discard(): void {
    const attempt = this.#attempt;
    this.#attempt = { stage: "none" };
    // What stays of it is in nobody's way, and goes with the database.
    if (attempt.stage !== "none") attempt.overlay.discard().catch(() => {});
  }

  read(version: number): StateReader<K, S> {
    return this.#reader(version);
  }

  forget(oldestVersion: number): void {
    this.#oldestVersion = Math.max(this.#oldestVersion, oldestVersion);
    const needed = this.#versions.findLastIndex(({ version }) => version <= oldestVersion);
    for (const { view } of this.#versions.slice(0, Math.max(needed, 0))) {
      view.close().catch(() => {});
    }
    this.#versions = this.#versions.slice(Math.max(needed, 0));
  }

  async load(entries: readonly StateEntry<K, S>[], version: number): Promise<void> {
    this.#newestVersion = version;
    for (const chunk of chunksOf(entries, keysWrittenAtOnce)) {
      await this.#options.database.write((batch) => {
        for (const { key, value, usedAtMs } of chunk) {
          const change = value === undefined ? absent : this.#options.codec.encode(value);
          const order = this.#nextOrder;
          this.#nextOrder += 1;
          this.#write(batch, key, change, { usedAt: usedAtMs ?? version, version, order });
        }
      });
    }
  }

  loaded(): void {
    this.#addVersion(this.#newestVersion);
  }

  trackChanges(): void {
    this.stopTracking();
    this.#trackingCount += 1;
    const { database } = this.#options;
    const tracking = this.#trackingCount;
    this.#changes = new LevelChanges(database, this.#keys, tracking, this.#newestVersion);
  }

  stopTracking(): void {
    // What stays of it is in nobody's way, and goes with the database.
    this.#changes?.clear().catch(() => {});
    this.#changes = undefined;
  }

  changedSince(version: number): number {
    return this.#changes?.countSince(version) ?? 0;
  }

  cut(version: number): void {
    this.#changes?.cut(version);
  }

  snapshot(version: number, baseVersion: number | undefined): PartitionSnapshot<K, S> {
    const changes = this.#changes;
    invariant(changes !== undefined, "changes are followed when a snapshot is begun");
    return new LevelSnapshot<K, S>({
      ...this.#parts,
      version,
      baseVersion,
      changes,
      reader: this.#reader(version),
      versionOf: () => this.#versionAt(version),
      hasTimeout: this.#options.timeoutMs !== undefined,
    });
  }

  async #apply(overlay: LevelOverlay<K, S>, version: number): Promise<void> {
    this.#newestVersion = version;
    const firstOrder = this.#nextOrder;
    this.#nextOrder += overlay.placeCount;
    for await (const chunk of overlay.chunks(keysWrittenAtOnce)) {
      await this.#options.database.write((batch) => {
        for (const { key, change, place } of chunk) {
          this.#write(batch, key, change, { usedAt: version, version, order: firstOrder + place });
        }
      });
    }
    this.#addVersion(version);
    overlay.discard().catch(() => {});
  }

  /**
   * Nothing that one call puts into a batch is read by another: a batch has each key once. `order` is
   * for a key that is new.
   */
  #write(
    batch: LevelBatch,
    key: K,
    change: EncodedChange,
    { usedAt, version, order }: { usedAt: number; version: number; order: number },
  ): void {
    const text = encodeKey(key);
    const bytes = this.#options.database.get(this.#keys.data(text));
    const before = bytes && recordOf(bytes);
    if (before === undefined && (change === absent || change === used)) return;
    const keyBytes = before?.keyBytes ?? keyBytesOf(key);
    const isDeleted = change === absent;
    const earlier = before?.changedAt;
    this.#changes?.note(batch, { version, text, keyBytes, earlier, isDeleted });
    if (isDeleted) {
      batch.del(this.#keys.data(text));
      this.#entryCount -= 1;
      return;
    }
    if (before === undefined) {
      this.#entryCount += 1;
      if (this.#options.timeoutMs !== undefined) {
        batch.put(this.#keys.timer(usedAt, order, text), noValue);
      }
    }
    const valueBytes = change === used ? (before?.valueBytes ?? noValue) : change;
    const record = {
      order: before?.order ?? order,
      usedAt,
      changedAt: version,
      keyBytes,
      valueBytes,
    };
    batch.put(this.#keys.data(text), recordBytes(record));
  }

  #addVersion(version: number): void {
    const view = this.#options.database.view();
    this.#versions = [...this.#versions, { version, view, size: this.#entryCount }];
  }

  #reader(version: number): LevelReader<K, S> {
    return new LevelReader(this.#parts, () => this.#versionAt(version));
  }

  #versionAt(version: number): Version {
    invariant(
      version >= this.#oldestVersion,
      "a version of the state is read before it is forgotten",
    );
    if (this.#versions.length === 0) this.#addVersion(-Infinity);
    const found = this.#versions.findLast((each) => each.version <= version);
    invariant(found !== undefined, "a version of the state is read after it was applied");
    return found;
  }

  #nextAttempt(): number {
    this.#attemptCount += 1;
    return this.#attemptCount * 2 ** 16 + this.#index;
  }
}
