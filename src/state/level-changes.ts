/**
 * Owns: which keys of a partition in LevelDB changed since which version, in the database itself, so
 * that memory stays bounded.
 * Does not own: the entries (level-partition.ts); which snapshot is taken of what (state-snapshots.ts).
 *
 * I1. Under the tracking that goes on, each key that changed since it began has one change, at the
 *     version that changed it last, whether it holds an entry or was deleted.
 */
import { Buffer } from "node:buffer";
import type { LevelBatch, LevelDatabase } from "./level-database.ts";
import type { LevelRange, PartitionKeys } from "./level-records.ts";

/** How many keys changed up to a cut, and behind the one before it. */
interface Stretch {
  readonly untilVersion: number;
  readonly count: number;
}

export class LevelChanges {
  readonly #database: LevelDatabase;
  readonly #keys: PartitionKeys;
  readonly #tracking: number;
  readonly #sinceVersion: number;
  #cutAt: number;
  #stretches: readonly Stretch[] = [];
  #openCount = 0;

  /** Begins a tracking of a new number behind the version `sinceVersion`. */
  constructor(
    database: LevelDatabase,
    keys: PartitionKeys,
    tracking: number,
    sinceVersion: number,
  ) {
    this.#database = database;
    this.#keys = keys;
    this.#tracking = tracking;
    this.#sinceVersion = sinceVersion;
    this.#cutAt = sinceVersion;
  }

  /** Notes that `version` changed or deleted a key that had an entry of `earlier`, or none. */
  note(
    batch: LevelBatch,
    change: {
      readonly version: number;
      readonly text: string;
      readonly keyBytes: Uint8Array;
      readonly earlier: number | undefined;
      readonly isDeleted: boolean;
    },
  ): void {
    const { version, text, keyBytes, isDeleted } = change;
    const deletion = this.#keys.deletion(this.#tracking, text);
    const earlier = change.earlier ?? this.#deletedAt(deletion);
    if (earlier === undefined || earlier <= this.#cutAt) this.#openCount += 1;
    if (earlier !== undefined && earlier > this.#sinceVersion) {
      batch.del(this.#keys.change(this.#tracking, earlier, text));
    }
    batch.put(this.#keys.change(this.#tracking, version, text), Buffer.from(keyBytes));
    if (isDeleted) batch.put(deletion, versionBytes(version));
    else if (change.earlier === undefined && earlier !== undefined) batch.del(deletion);
  }

  cut(version: number): void {
    const stretch = { untilVersion: version, count: this.#openCount };
    this.#stretches = [...this.#stretches, stretch];
    this.#openCount = 0;
    this.#cutAt = version;
  }

  countSince(version: number): number {
    return this.#stretches
      .filter(({ untilVersion }) => untilVersion > version)
      .reduce((sum, { count }) => sum + count, this.#openCount);
  }

  /** A snapshot of `version` is durable: nobody asks for what was before. */
  forgetCounts(version: number): void {
    this.#stretches = this.#stretches.filter(({ untilVersion }) => untilVersion > version);
  }

  /** The changes of versions after `version`. */
  after(version: number): LevelRange {
    return this.#keys.changesAfter(this.#tracking, version);
  }

  partsOf(key: string): { version: number; text: string } {
    return this.#keys.partsOfChange(this.#tracking, key);
  }

  /** Leaves nothing of it in the database. */
  async clear(): Promise<void> {
    for (const range of this.#keys.tracked(this.#tracking)) await this.#database.clear(range);
  }

  #deletedAt(deletion: string): number | undefined {
    return this.#database.get(deletion)?.readDoubleLE(0);
  }
}

function versionBytes(version: number): Buffer {
  const bytes = Buffer.allocUnsafe(8);
  bytes.writeDoubleLE(version);
  return bytes;
}
