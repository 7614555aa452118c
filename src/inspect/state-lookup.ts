/**
 * Owns: looking for one key: its value at a moment, and what became of it from snapshot to snapshot.
 * Does not own: reading states (state-scan.ts).
 */
import { StreamError } from "../base/index.ts";
import {
  type Checkpoint,
  readStateSnapshot,
  type StateEntry,
  type StateSnapshotRef,
} from "../checkpoint/index.ts";
import { encodeKey, keyGroupOf } from "../codec/index.ts";
import type { Store } from "../store/index.ts";
import { type InspectedDirectory, newestSnapshot } from "./inspected-directory.ts";
import { type KeyedEntry, newestChain, ownEntries, type ScanProgress } from "./state-scan.ts";
import { keyText, valueText } from "./value-notation.ts";

/** A key with its value, and the batch whose state it is. */
export interface FoundKey extends KeyedEntry {
  readonly versionMs: number;
}

/**
 * The value of a key. All that was read is verified before it is told. Throws `state_key_missing`, `operator_unknown`, and
 * what reading throws.
 */
export async function lookUpKey(
  store: Store,
  checkpoint: Checkpoint,
  operatorUid: string,
  key: unknown,
): Promise<FoundKey> {
  const chain = newestChain(checkpoint, operatorUid);
  const others = otherReadings(key);
  let similar: unknown;
  for (const snapshot of chain.toReversed()) {
    const found = await findIn(store, snapshot, [key, ...others]);
    const entry = found.get(encodeKey(key));
    if (entry !== undefined && entry.value !== undefined) {
      return { ...entry, versionMs: chain.at(-1)?.versionMs ?? snapshot.versionMs };
    }
    similar ??= [...found.values()].find(({ value }) => value !== undefined)?.key;
    if (entry !== undefined) break;
  }
  throw new StreamError("state_key_missing", {
    operator: operatorUid,
    key: keyText(key),
    didYouMean: similar === undefined ? undefined : keyText(similar),
  });
}

/** What a text of a shell may have been meant to be: `1` the number or the text. */
function otherReadings(key: unknown): readonly unknown[] {
  if (typeof key === "number" || typeof key === "boolean" || key === null) return [String(key)];
  if (typeof key === "bigint") return [Number(key), String(key)];
  return [];
}

/** The entries of these keys in one file, by the text of the key; the whole file is read, so that it is verified. */
async function findIn(
  store: Store,
  snapshot: StateSnapshotRef,
  keys: readonly unknown[],
): Promise<ReadonlyMap<string, StateEntry>> {
  const wanted = new Set(keys.map((key) => encodeKey(key)));
  const groups = new Set(keys.map((key) => keyGroupOf(key)));
  const found = new Map<string, StateEntry>();
  for await (const block of readStateSnapshot(store, snapshot)) {
    for (const entry of ownEntries(snapshot, block)) {
      if (!groups.has(entry.group)) continue;
      const text = encodeKey(entry.key);
      if (wanted.has(text)) found.set(text, entry);
    }
  }
  return found;
}

/** What a snapshot says of a key. */
export interface KeyVersion {
  readonly versionMs: number;
  /** `unchanged`: the snapshot tells only changes, and the key is not among them. */
  readonly change: "set" | "changed" | "unchanged" | "removed" | "absent";
  readonly value: unknown;
  /** The snapshot before, if any: the change came with a batch after it, up to `versionMs`. */
  readonly afterMs: number | undefined;
  /** The batches in between that are still known, with the records that each was given. */
  readonly batches: readonly { readonly batchTimeMs: number; readonly records: number }[];
  readonly file: string;
}

/**
 * The value of a key in each snapshot that is there, oldest first. Throws `operator_unknown`, `state_key_missing` where none
 * has it, and what reading throws.
 */
export async function keyHistory(
  directory: InspectedDirectory,
  operatorUid: string,
  key: unknown,
  progress?: ScanProgress,
): Promise<readonly KeyVersion[]> {
  const { checkpoints, snapshots } = await knownSnapshots(directory, operatorUid);
  const versions: KeyVersion[] = [];
  /** By version: what the key was. */
  const values = new Map<number, unknown>();
  for (const [index, snapshot] of snapshots.entries()) {
    progress?.(index, snapshots.length);
    const entry = (await findIn(directory.store, snapshot, [key])).get(encodeKey(key));
    const { baseVersionMs, name, versionMs } = snapshot;
    const inherited = baseVersionMs === null ? undefined : values.get(baseVersionMs);
    const value = entry === undefined ? inherited : entry.value;
    values.set(versionMs, value);
    const before = versions.at(-1);
    versions.push({
      versionMs,
      change: changeOf(before?.value, value),
      value,
      afterMs: before?.versionMs,
      batches: batchesBetween(checkpoints, before?.versionMs, versionMs),
      file: name,
    });
  }
  if (versions.every(({ value }) => value === undefined)) {
    throw new StreamError("state_key_missing", { operator: operatorUid, key: keyText(key) });
  }
  return versions;
}

function changeOf(before: unknown, now: unknown): KeyVersion["change"] {
  if (now === undefined) return before === undefined ? "absent" : "removed";
  if (before === undefined) return "set";
  return valueText(before) === valueText(now) ? "unchanged" : "changed";
}

/** All snapshots of an operator that a readable checkpoint, or the driver, refers to; oldest first. */
async function knownSnapshots(
  directory: InspectedDirectory,
  operatorUid: string,
): Promise<{ checkpoints: readonly Checkpoint[]; snapshots: readonly StateSnapshotRef[] }> {
  const checkpoints: Checkpoint[] = [];
  for (const { name } of await directory.entries("checkpoints/")) {
    const moment = await directory.moment(name).catch((error: unknown) => {
      // A damaged one is told by `ls` and `verify`; the others still have their history.
      if (error instanceof StreamError && error.kind !== "unavailable") return undefined;
      throw error;
    });
    if (moment !== undefined) checkpoints.push(moment.checkpoint);
  }
  const { left } = await directory.observe();
  if (left !== undefined) checkpoints.push((await directory.moment()).checkpoint);
  const [newest] = checkpoints.toReversed();
  if (newest === undefined) await directory.moment();
  else newestSnapshot(newest, operatorUid);
  const byName = new Map(
    checkpoints
      .flatMap(({ snapshots }) => snapshots)
      .filter((snapshot) => snapshot.operatorUid === operatorUid)
      .map((snapshot) => [snapshot.name, snapshot]),
  );
  const snapshots = [...byName.values()].toSorted((a, b) => a.versionMs - b.versionMs);
  return { checkpoints, snapshots };
}

function batchesBetween(
  checkpoints: readonly Checkpoint[],
  afterMs: number | undefined,
  untilMs: number,
): KeyVersion["batches"] {
  const found = new Map<number, number>();
  for (const { batches, blocks } of checkpoints) {
    const records = new Map(blocks.map(({ id, recordCount }) => [id, recordCount]));
    for (const { batchTimeMs, streams } of batches) {
      if (batchTimeMs > untilMs || batchTimeMs <= (afterMs ?? Number.NEGATIVE_INFINITY)) continue;
      const ids = streams.flatMap(({ blockIds }) => blockIds);
      found.set(
        batchTimeMs,
        ids.reduce((sum, id) => sum + (records.get(id) ?? 0), 0),
      );
    }
  }
  return [...found]
    .map(([batchTimeMs, records]) => ({ batchTimeMs, records }))
    .toSorted((a, b) => a.batchTimeMs - b.batchTimeMs);
}
