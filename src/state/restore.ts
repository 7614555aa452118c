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

/** Makes the entries of a stored snapshot those of today's program. Throws `state_codec_failed`, `state_migration_failed`. */
export type EntryReading<K, S> = (entry: StateEntry) => StateEntry<K, S>;

/**
 * How the entries of snapshots whose values have the form of `storedVersion` are read; undefined where they are taken
 * as they are. Throws `state_version_newer`, `state_version_older`.
 */
export function entryReading<K, S>(
  storedVersion: number,
  restore: Pick<StateRestore<K, S>, "operator" | "version" | "migrate">,
  codec: CustomStateCodec<S> | undefined,
): EntryReading<K, S> | undefined {
  const migrate = migrationFrom(storedVersion, restore, restore.operator);
  if (codec === undefined) return migrate as EntryReading<K, S> | undefined;
  if (migrate === undefined) return (entry) => decodedEntry(entry as StateEntry<K>, codec);
  return (entry) => migrate(decodedEntry(entry as StateEntry<K>, codec));
}

/** `codec` is "elsewhere" for partitions that read entries themselves. */
export async function loadChain<K, S>(
  partitions: readonly StatePartition<K, S>[],
  snapshots: StateSnapshots<K, S>,
  restore: StateRestore<K, S>,
  codec: CustomStateCodec<S> | "elsewhere" | undefined,
): Promise<void> {
  const { version: today = 1 } = restore;
  let isMigrated = false;
  for (const [index, stored] of restore.chain.entries()) {
    const { stateVersion = 1 } = stored;
    isMigrated ||= stateVersion !== today;
    // Also where the partitions read for themselves: what cannot be read is refused before anything is sent.
    const read = entryReading(stateVersion, restore, codec === "elsewhere" ? undefined : codec);
    for await (const slice of stored.entries) {
      // The caller's snapshots are those of this state: their keys and values are its keys and values.
      const asIs = slice as readonly StateEntry<K, S>[];
      const entries = read === undefined || codec === "elsewhere" ? asIs : slice.map(read);
      await load(partitions, entries, stored, restore);
    }
    snapshots.loaded(stored.versionMs, index === 0);
  }
  const versionMs = restore.chain.at(-1)?.versionMs ?? Number.NEGATIVE_INFINITY;
  for (const partition of partitions) partition.loaded(versionMs);
  if (isMigrated) snapshots.startAnew();
}

async function load<K, S>(
  partitions: readonly StatePartition<K, S>[],
  entries: readonly StateEntry<K, S>[],
  { stateVersion = 1, versionMs }: StoredSnapshot,
  { partitionOf }: StateRestore<K, S>,
): Promise<void> {
  const byPartition = partitions.map((): StateEntry<K, S>[] => []);
  for (const entry of entries) byPartition[partitionOf(entry.key)]?.push(entry);
  for (const [index, own] of byPartition.entries()) {
    if (own.length === 0) continue;
    const loading = partitions[index]?.load(own, versionMs, stateVersion);
    if (loading !== undefined) await loading;
  }
}
