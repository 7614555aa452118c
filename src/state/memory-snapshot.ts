/**
 * Owns: reading one version of one partition in memory for a snapshot: all of it, or what changed.
 * Does not own: which of the two (snapshot-chain.ts); that the version is held (versioned-state.ts).
 *
 * I1. The pieces of the log are joined while they are read, so that no slice passes over all of
 *     them; the log takes the joined piece when the snapshot is durable, and not before.
 */
import { invariant } from "../base/index.ts";
import { KeyMap, keyGroupOf } from "../codec/index.ts";
import type { ChangeLog, KeySet } from "./change-log.ts";
import type { EntryForm } from "./entry-form.ts";
import type { PartitionSnapshot, StateEntry } from "./state-partition.ts";
import { VersionScan } from "./version-scan.ts";
import type { VersionedMap } from "./versioned-map.ts";

export class MemorySnapshot<K, S, E> implements PartitionSnapshot<K, S> {
  readonly #map: VersionedMap<K, E>;
  readonly #form: EntryForm<K, S, E>;
  readonly #version: number;
  readonly #baseVersion: number | undefined;
  readonly #changeLog: ChangeLog<K> | undefined;
  readonly #pieces: readonly KeySet<K>[];
  #joined: KeySet<K> | undefined;

  constructor(
    map: VersionedMap<K, E>,
    form: EntryForm<K, S, E>,
    changeLog: ChangeLog<K> | undefined,
    version: number,
    baseVersion: number | undefined,
  ) {
    this.#map = map;
    this.#form = form;
    this.#version = version;
    this.#baseVersion = baseVersion;
    this.#changeLog = changeLog;
    this.#pieces = baseVersion === undefined ? [] : (changeLog?.since(baseVersion) ?? []);
  }

  slices(keysMax: number): AsyncIterable<readonly StateEntry<K, S>[]> {
    return this.#baseVersion === undefined ? this.#all(keysMax) : this.#changed(keysMax);
  }

  confirm(): void {
    if (this.#baseVersion === undefined) return;
    invariant(this.#joined !== undefined, "a snapshot is read before it is confirmed");
    this.#changeLog?.join(this.#baseVersion, this.#version, this.#joined);
  }

  release(): void {}

  async *#all(keysMax: number): AsyncGenerator<readonly StateEntry<K, S>[], void, undefined> {
    const scan = new VersionScan(this.#map, this.#version);
    for (let more = true; more; ) {
      const slice: StateEntry<K, S>[] = [];
      more = scan.next(keysMax, (key, entry) => slice.push(this.#entryOf(key, entry)));
      yield slice;
    }
  }

  async *#changed(keysMax: number): AsyncGenerator<readonly StateEntry<K, S>[], void, undefined> {
    const [first, ...others] = this.#pieces;
    const joined: KeySet<K> = others.length === 0 && first !== undefined ? first : new KeyMap();
    let slice: StateEntry<K, S>[] = [];
    let looked = 0;
    for (const keys of this.#pieces) {
      for (const key of keys.keys()) {
        looked += 1;
        if (keys === joined || !joined.has(key)) {
          if (keys !== joined) joined.set(key, true);
          slice.push(this.#entryOf(key, this.#map.at(this.#version, key)));
        }
        if (looked % keysMax > 0) continue;
        yield slice;
        slice = [];
      }
    }
    yield slice;
    this.#joined = joined;
  }

  #entryOf(key: K, entry: E | undefined): StateEntry<K, S> {
    const group = keyGroupOf(key);
    if (entry === undefined) return { group, key, value: undefined, usedAtMs: undefined };
    return { group, key, value: this.#form.valueOf(entry), usedAtMs: this.#form.usedAtOf(entry) };
  }
}
