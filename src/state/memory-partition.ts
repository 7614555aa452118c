/**
 * Owns: one partition of keyed state in the memory of this process.
 * Does not own: versions across partitions (versioned-state.ts).
 *
 * I1. At most one update can still be applied: the one that was begun last.
 */
import { invariant } from "../base/index.ts";
import { ChangeLog } from "./change-log.ts";
import type { EntryForm } from "./entry-form.ts";
import { MemorySnapshot } from "./memory-snapshot.ts";
import { PartitionReader } from "./partition-reader.ts";
import { PartitionUpdate } from "./partition-update.ts";
import type { Protection } from "./protection.ts";
import type {
  PartitionSnapshot,
  StateEntry,
  StatePartition,
  StateReader,
  StateUpdate,
} from "./state-partition.ts";
import { absent, type Changes, VersionedMap } from "./versioned-map.ts";

type Attempt<K, S, E> =
  | { readonly stage: "none" }
  | { readonly stage: "open"; readonly update: PartitionUpdate<K, S, E> }
  | { readonly stage: "sealed"; readonly version: number; readonly changes: Changes<K, E> };

export class MemoryPartition<K, S, E> implements StatePartition<K, S> {
  readonly #index: number;
  readonly #form: EntryForm<K, S, E>;
  readonly #protection: Protection<S>;
  readonly #map = new VersionedMap<K, E>();
  /** Only while snapshots want to know: a state that has none pays nothing. */
  #changeLog: ChangeLog<K> | undefined;
  #attempt: Attempt<K, S, E> = { stage: "none" };

  constructor(index: number, form: EntryForm<K, S, E>, protection: Protection<S>) {
    this.#index = index;
    this.#form = form;
    this.#protection = protection;
  }

  get size(): number {
    return this.#map.size;
  }

  begin(version: number, baseVersion: number): StateUpdate<K, S> {
    const update = new PartitionUpdate<K, S, E>(
      { index: this.#index, map: this.#map, form: this.#form, protection: this.#protection },
      version,
      this.read(baseVersion),
    );
    this.#attempt = { stage: "open", update };
    return update;
  }

  seal(update: StateUpdate<K, S>): void {
    const attempt = this.#attempt;
    invariant(
      attempt.stage === "open" && attempt.update === update,
      "the update that is completed is the one that was begun last",
    );
    this.#attempt = { stage: "sealed", version: update.version, changes: attempt.update.take() };
  }

  apply(): void {
    const attempt = this.#attempt;
    invariant(attempt.stage === "sealed", "an update is sealed before it is applied");
    this.#attempt = { stage: "none" };
    this.#changeLog?.note(attempt.changes);
    this.#map.apply(attempt.version, attempt.changes, this.#form);
  }

  discard(): void {
    this.#attempt = { stage: "none" };
  }

  read(version: number): StateReader<K, S> {
    return new PartitionReader(this.#map, this.#form, version);
  }

  forget(oldestVersion: number): void {
    this.#map.forget(oldestVersion);
  }

  load(entries: readonly StateEntry<K, S>[], version: number): void {
    for (const { key, value, usedAtMs } of entries) {
      const entry =
        value === undefined
          ? absent
          : this.#form.entryOf(this.#protection.toStore(value), usedAtMs ?? version);
      this.#map.load(key, entry, this.#form);
      this.#changeLog?.noteKey(key);
    }
  }

  loaded(): void {
    this.#form.loaded();
  }

  trackChanges(): void {
    this.#changeLog = new ChangeLog();
  }

  stopTracking(): void {
    this.#changeLog = undefined;
  }

  changedSince(version: number): number {
    return this.#changeLog?.countSince(version) ?? 0;
  }

  cut(version: number): void {
    this.#changeLog?.cut(version);
  }

  snapshot(version: number, baseVersion: number | undefined): PartitionSnapshot<K, S> {
    return new MemorySnapshot(this.#map, this.#form, this.#changeLog, version, baseVersion);
  }
}
