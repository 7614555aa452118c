/**
 * Owns: filling a new state from the snapshots of a chain.
 * Does not own: reading and verifying them (src/checkpoint); which chain it is (src/recovery).
 *
 * I1. Keys go to the partitions of today, whatever they were when the snapshots were taken.
 * I2. The state then goes on as the one that took the snapshots would have: the next snapshot is a
 *     delta to the last of them. After a migration it is a full one, so that `migrate` is not needed
 *     for ever.
 */
import { migrationFrom, type StateVersion } from "./migration.ts";
import { type CustomStateCodec, decodedEntry } from "./state-codec.ts";
import type { StateEntry, StatePartition } from "./state-partition.ts";
import type { StateSnapshots } from "./state-snapshots.ts";

/** One snapshot of a chain: the first one is full, each other one is a delta to the one before it. */
export interface StoredSnapshot {
  /** The version, a batch time in ms. */
  readonly versionMs: number;
  /** The version of its values' form; 1 where none was declared. */
  readonly stateVersion?: number;
  /** How its values are written; the default codec where it is left out. */
  readonly codecId?: string;
  readonly entries: AsyncIterable<readonly StateEntry[]>;
}

/** How a state is restored. */
export interface StateRestore<K, S> extends StateVersion<K, S> {
  /** The uid of the operator, for errors. */
  readonly operator: string;
  /** At least one, oldest first; the state is then at the version of the last. */
  readonly chain: readonly StoredSnapshot[];
  readonly partitionOf: (key: K) => number;
}

export async function loadChain<K, S>(
  partitions: readonly StatePartition<K, S>[],
  snapshots: StateSnapshots<K, S>,
  restore: StateRestore<K, S>,
  codec: CustomStateCodec<S> | undefined,
): Promise<void> {
  let isMigrated = false;
  for (const [index, stored] of restore.chain.entries()) {
    const migrate = migrationFrom(stored.stateVersion ?? 1, restore, restore.operator);
    isMigrated ||= migrate !== undefined;
    for await (const slice of stored.entries) {
      // The caller's snapshots are those of this state: their keys and values are its keys and values.
      const read = slice as readonly StateEntry<K, S>[];
      const decoded = codec === undefined ? read : read.map((entry) => decodedEntry(entry, codec));
      const entries = migrate === undefined ? decoded : decoded.map(migrate);
      await load(partitions, entries, stored, restore);
    }
    snapshots.loaded(stored.versionMs, index === 0);
  }
  for (const partition of partitions) partition.loaded();
  if (isMigrated) snapshots.startAnew();
}

async function load<K, S>(
  partitions: readonly StatePartition<K, S>[],
  entries: readonly StateEntry<K, S>[],
  { versionMs }: StoredSnapshot,
  { partitionOf }: StateRestore<K, S>,
): Promise<void> {
  const byPartition = partitions.map((): StateEntry<K, S>[] => []);
  for (const entry of entries) byPartition[partitionOf(entry.key)]?.push(entry);
  for (const [index, own] of byPartition.entries()) {
    const loading = partitions[index]?.load(own, versionMs);
    if (loading !== undefined) await loading;
  }
}
