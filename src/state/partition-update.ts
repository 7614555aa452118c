/**
 * Owns: the changes that one attempt makes to one partition: an overlay over the newest version.
 * Does not own: when the changes are applied (memory-partition.ts).
 *
 * I1. `absent` stands in the overlay only for a key that holds an entry in the base.
 * I2. Once taken, the overlay belongs to the partition: a late attempt that goes on writing fails
 *     instead of changing what is about to be seen.
 */
import { invariant } from "../base/index.ts";
import { KeyMap } from "../codec/index.ts";
import type { EntryForm } from "./entry-form.ts";
import type { Protection } from "./protection.ts";
import type { StateReader, StateScan, StateUpdate } from "./state-partition.ts";
import { absent, type Changes, type VersionedMap } from "./versioned-map.ts";

/** The parts of a partition that its updates work on. */
export interface PartitionParts<K, S, E> {
  readonly index: number;
  readonly map: VersionedMap<K, E>;
  readonly form: EntryForm<K, S, E>;
  readonly protection: Protection<S>;
}

export class PartitionUpdate<K, S, E> implements StateUpdate<K, S> {
  readonly partition: number;
  readonly version: number;
  readonly mutable: boolean;
  readonly base: StateReader<K, S>;
  readonly #map: VersionedMap<K, E>;
  readonly #form: EntryForm<K, S, E>;
  readonly #protection: Protection<S>;
  #changes: Changes<K, E> | undefined = new KeyMap();

  constructor(parts: PartitionParts<K, S, E>, version: number, base: StateReader<K, S>) {
    this.partition = parts.index;
    this.version = version;
    this.mutable = parts.protection.mutable;
    this.base = base;
    this.#map = parts.map;
    this.#form = parts.form;
    this.#protection = parts.protection;
  }

  get(key: K): S | undefined {
    const entry = this.#entry(key);
    if (entry === undefined) return undefined;
    return this.#protection.toHandOut(this.#form.valueOf(entry));
  }

  has(key: K): boolean {
    return this.#entry(key) !== undefined;
  }

  set(key: K, value: S): void {
    invariant(value !== undefined, "a state value is not undefined");
    this.#open().set(key, this.#form.entryOf(this.#protection.toStore(value), this.version));
  }

  delete(key: K): void {
    const changes = this.#open();
    if (this.#map.newest(key) === undefined) changes.delete(key);
    else changes.set(key, absent);
  }

  touch(key: K): void {
    const entry = this.#entry(key);
    if (entry === undefined) return;
    const used = this.#form.used(entry, this.version);
    if (used !== entry) this.#open().set(key, used);
  }

  scan(): StateScan<K, S> {
    const { toHandOut } = this.#protection;
    const scan = this.base.scan();
    if (!this.mutable) return scan;
    return {
      next: (keysMax, visit) => scan.next(keysMax, (key, value) => visit(key, toHandOut(value))),
    };
  }

  due(): StateScan<K, S> {
    const due = this.#form.due(this.version);
    return {
      next: (keysMax, visit) => {
        const changes = this.#open();
        for (let count = 0; count < keysMax; count += 1) {
          const step = due.next();
          if (step.done === true) return false;
          if (step.value === undefined || changes.has(step.value.key)) continue;
          visit(step.value.key, this.#protection.toHandOut(this.#form.valueOf(step.value.entry)));
        }
        return true;
      },
    };
  }

  /** Hands over the changes and closes the update. */
  take(): Changes<K, E> {
    const changes = this.#open();
    this.#changes = undefined;
    return changes;
  }

  #entry(key: K): E | undefined {
    const entry = this.#open().get(key);
    if (entry === undefined) return this.#map.newest(key);
    return entry === absent ? undefined : entry;
  }

  #open(): Changes<K, E> {
    invariant(this.#changes !== undefined, "an update is not used after it was completed");
    return this.#changes;
  }
}
