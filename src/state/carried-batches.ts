/**
 * Owns: how the snapshots of a state that looks back carry the batches that it looks back on, and since when a chain of them
 * has these batches without a gap.
 * Does not own: what is done with the batches (src/core), files (src/checkpoint).
 */
import { windowCodecId } from "../codec/index.ts";
import type { StoredSnapshot } from "./restore.ts";
import type { StateEntry } from "./state-partition.ts";

/** A snapshot, as far as it matters here. */
export interface CarryingLink {
  readonly versionMs: number;
  readonly codecId?: string | undefined;
}

/**
 * The time after which the snapshots of a chain carry all batches up to the version of the last; a whole snapshot carries what
 * was still looked back on. The version itself where the last carries none, as those of before did.
 */
export function carriedAfterMs(chain: readonly CarryingLink[]): number {
  let afterMs = Number.NEGATIVE_INFINITY;
  for (const { codecId, versionMs } of chain) if (codecId !== windowCodecId) afterMs = versionMs;
  return afterMs;
}

/** A value of a key in one batch. */
export interface CarriedEntry {
  readonly timeMs: number;
  readonly key: unknown;
  readonly value: unknown;
}

/** The snapshot without its batches, whose entries `take` is handed as they are read. */
export function withoutBatches(
  stored: StoredSnapshot,
  take: (entry: CarriedEntry) => void,
): StoredSnapshot {
  return stored.codecId === windowCodecId
    ? { ...stored, entries: separated(stored.entries, take) }
    : stored;
}

async function* separated(
  slices: StoredSnapshot["entries"],
  take: (entry: CarriedEntry) => void,
): AsyncGenerator<readonly StateEntry[], void, undefined> {
  for await (const slice of slices) {
    const own: StateEntry[] = [];
    for (const entry of slice) {
      const { key, usedAtMs: timeMs, value } = entry;
      if (timeMs === undefined) own.push(entry);
      else take({ timeMs, key, value });
    }
    yield own;
  }
}
