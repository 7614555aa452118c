import assert from "node:assert/strict";
import { encodeKey } from "../../src/codec/index.ts";
import type { StateEntry, StateSnapshot, StoredSnapshot } from "../../src/state/index.ts";

export interface Stored {
  readonly versionMs: number;
  readonly baseVersionMs: number | null;
  readonly entries: readonly StateEntry[];
}

/** Durable snapshots by version, as a directory would keep them. */
export class SnapshotStore {
  readonly #stored = new Map<number, Stored>();
  #newest: Stored | undefined;

  get newest(): Stored | undefined {
    return this.#newest;
  }

  add(stored: Stored): void {
    this.#stored.set(stored.versionMs, stored);
    this.#newest = stored;
  }

  /** Reads a snapshot to its end, keeps it, and confirms it. */
  async take(snapshot: StateSnapshot): Promise<Stored> {
    const entries: StateEntry[] = [];
    for await (const slice of snapshot.entries(3)) entries.push(...slice);
    const { versionMs, baseVersionMs } = snapshot;
    const stored = { versionMs, baseVersionMs, entries };
    this.add(stored);
    snapshot.confirm();
    snapshot.release();
    return stored;
  }

  /** What a restore reads, oldest first. */
  chain(): readonly Stored[] {
    const chain: Stored[] = [];
    for (let link = this.#newest; link !== undefined; ) {
      chain.unshift(link);
      if (link.baseVersionMs === null) break;
      const base = this.#stored.get(link.baseVersionMs);
      assert.ok(base !== undefined, "the base of a snapshot is durable");
      link = base;
    }
    return chain;
  }

  /** The chain as a loader is given it, in slices of `keysMax`. */
  stream(keysMax = 3): StoredSnapshot[] {
    return this.chain().map(({ versionMs, entries }) => ({
      versionMs,
      entries: slicesOf(entries, keysMax),
    }));
  }

  /** What the chain says of each key. */
  contents(): Map<string, { readonly value: unknown; readonly usedAtMs: number | undefined }> {
    const contents = new Map();
    for (const { entries } of this.chain()) {
      for (const { key, value, usedAtMs } of entries) {
        if (value === undefined) contents.delete(encodeKey(key));
        else contents.set(encodeKey(key), { value, usedAtMs });
      }
    }
    return contents;
  }
}

export async function* slicesOf(
  entries: readonly StateEntry[],
  keysMax: number,
): AsyncGenerator<readonly StateEntry[], void, undefined> {
  for (let start = 0; start < entries.length; start += keysMax) {
    yield entries.slice(start, start + keysMax);
  }
}
