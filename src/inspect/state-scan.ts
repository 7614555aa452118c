/**
 * Owns: reading the state of an operator as of a snapshot: each key once, with its value, out of a chain of snapshots.
 * Does not own: the files (src/checkpoint), what is done with the keys (the other files here).
 *
 * I1. Memory holds the keys of a bounded number of changes: where the chain has more of them, the snapshots are read as
 *     often as that takes, each time for some of the key groups.
 * I2. Each file is verified to its last byte before the iteration ends; whoever stops earlier has not verified it.
 */
import { StreamError } from "../base/index.ts";
import {
  type Checkpoint,
  readStateSnapshot,
  type StateEntry,
  type StateSnapshotRef,
} from "../checkpoint/index.ts";
import { KeyMap, keyGroupCount, windowCodecId } from "../codec/index.ts";
import { chainOf } from "../recovery/index.ts";
import type { Store } from "../store/index.ts";
import { newestSnapshot } from "./inspected-directory.ts";

/** How many keys of deltas are held at a time. */
export const heldKeysMax = 100_000;

/** A key of a state with its value. */
export interface KeyedEntry {
  readonly group: number;
  readonly key: unknown;
  readonly value: unknown;
  readonly usedAtMs?: number | undefined;
}

/**
 * The chain of the newest snapshot of an operator, the whole one first; empty where it has none yet. Throws
 * `operator_unknown`, `snapshot_damaged`.
 */
export function newestChain(
  checkpoint: Checkpoint,
  operatorUid: string,
): readonly StateSnapshotRef[] {
  const newest = newestSnapshot(checkpoint, operatorUid);
  return newest === undefined ? [] : wholeChain(checkpoint.snapshots, newest);
}

/** A snapshot with all that it builds upon, the whole one first. Throws `snapshot_damaged` where one is not there. */
export function wholeChain(
  snapshots: readonly StateSnapshotRef[],
  snapshot: StateSnapshotRef,
): readonly StateSnapshotRef[] {
  const chain = chainOf(snapshots, snapshot);
  if (chain !== undefined) return chain;
  const reason = "one that it builds upon is not there";
  throw new StreamError("snapshot_damaged", { file: snapshot.name, reason });
}

/** Tells how many entries were read, of how many. */
export type ScanProgress = (read: number, total: number) => void;

export interface ScanOptions {
  /** How many keys of deltas are held at a time. */
  readonly heldKeys?: number | undefined;
  readonly progress?: ScanProgress | undefined;
  /** The key groups that are asked for (default: all). */
  readonly hasGroup?: ((group: number) => boolean) | undefined;
}

/**
 * The keys of a chain, in slices, in no order that means anything. Values of a declared schema are read by it; those of a
 * codec of the program are bytes. Throws what `readStateSnapshot` throws.
 */
export async function* scanChain(
  store: Store,
  chain: readonly StateSnapshotRef[],
  options: ScanOptions = {},
): AsyncGenerator<readonly KeyedEntry[], void, undefined> {
  const deltaKeys = chain.slice(1).reduce((sum, { entryCount }) => sum + entryCount, 0);
  const passes = Math.min(
    keyGroupCount,
    Math.max(1, Math.ceil(deltaKeys / (options.heldKeys ?? heldKeysMax))),
  );
  const perPass = chain.reduce((sum, { entryCount }) => sum + entryCount, 0);
  let read = 0;
  const count = (entries: number) => {
    read += entries;
    options.progress?.(read, perPass * passes);
  };
  for (let pass = 0; pass < passes; pass += 1) {
    const isOurs = ({ group }: StateEntry) =>
      group % passes === pass && (options.hasGroup?.(group) ?? true);
    yield* scanOnce(store, chain, isOurs, count);
  }
}

async function* scanOnce(
  store: Store,
  chain: readonly StateSnapshotRef[],
  isOurs: (entry: StateEntry) => boolean,
  count: (entries: number) => void,
): AsyncGenerator<readonly KeyedEntry[], void, undefined> {
  const seen = new KeyMap<unknown, true>();
  for (const [behind, snapshot] of chain.toReversed().entries()) {
    const isOldest = behind === chain.length - 1;
    for await (const block of readStateSnapshot(store, snapshot)) {
      const slice: KeyedEntry[] = [];
      for (const entry of ownEntries(snapshot, block)) {
        if (!isOurs(entry) || seen.has(entry.key)) continue;
        if (!isOldest) seen.set(entry.key, true);
        if (entry.value !== undefined) slice.push(entry);
      }
      count(block.length);
      if (slice.length > 0) yield slice;
    }
  }
}

/** The entries that are the state: that of a window has the batches that have yet to leave it beside its own. */
export function ownEntries(
  { codecId }: StateSnapshotRef,
  block: readonly StateEntry[],
): readonly StateEntry[] {
  if (codecId !== windowCodecId) return block;
  return block.filter(({ usedAtMs }) => usedAtMs === undefined);
}
