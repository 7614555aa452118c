/**
 * Owns: the entries of one partition by key: the newest version as a map, and older ones as chains
 * of undo records.
 * Does not own: which versions there are for all partitions; what an entry is; passes over the keys
 * (version-scan.ts).
 *
 * I1. The base holds the newest version. The undo record of version t holds, for each key that t
 *     changed, what the version before held. Version v of a key is what the oldest record newer
 *     than v says, else what the base says.
 * I2. A key that version t deleted stays in the base as a tombstone (`absent`) until every version
 *     before t is forgotten. So a pass over the base meets each key of each version that can be
 *     read, and meets it once.
 * I3. `tombstones` holds exactly the keys that are absent in the base, each with the version that
 *     deleted it; because a key that comes back leaves it, its order is that of the versions, among
 *     primitive and among composite keys.
 */
import { invariant } from "../base/index.ts";
import { KeyMap } from "../codec/index.ts";
import { UndoRecords } from "./undo-records.ts";

/** In place of an entry: the key holds none. */
export const absent: unique symbol = Symbol("absent");
export type Absent = typeof absent;

/** What an update changes: a new entry or `absent` per key. */
export type Changes<K, E> = KeyMap<K, E | Absent>;

/** Follows each change that is applied; one of the two entries may be `absent`. */
export interface ChangeListener<K, E> {
  changed(key: K, before: E | Absent, after: E | Absent): void;
}

export class VersionedMap<K, E> {
  readonly #base: Changes<K, E> = new KeyMap();
  readonly #tombstones = new KeyMap<K, number>();
  readonly #undo = new UndoRecords<K, E | Absent>();
  #oldestVersion = -Infinity;

  /** How many keys hold an entry in the newest version. */
  get size(): number {
    return this.#base.size - this.#tombstones.size;
  }

  /** The newest version, tombstones included (I2). */
  get base(): Pick<Changes<K, E>, "primitives" | "composites"> {
    return this.#base;
  }

  /** The entry of the key in the newest version. */
  newest(key: K): E | undefined {
    const entry = this.#base.get(key);
    return entry === absent ? undefined : entry;
  }

  /** The entry of the key in a version that is not forgotten. */
  at(version: number, key: K): E | undefined {
    for (const replaced of this.undoTo(version)) {
      const before = replaced.get(key);
      if (before !== undefined) return before === absent ? undefined : before;
    }
    return this.newest(key);
  }

  sizeAt(version: number): number {
    this.#assertKept(version);
    return this.#undo.oldestAfter(version)?.sizeBefore ?? this.size;
  }

  /** What leads back to `version`, to be looked through in order. */
  undoTo(version: number): readonly Changes<K, E>[] {
    this.#assertKept(version);
    return this.#undo.backTo(version);
  }

  /**
   * Makes `changes` the newest version and turns them into its undo record, in place: the caller
   * gives them away. A change to `absent` must be of a key that holds an entry.
   */
  apply(version: number, changes: Changes<K, E>, listener: ChangeListener<K, E>): void {
    if (changes.size === 0) return;
    const sizeBefore = this.size;
    changes.forEach((after, key) => {
      const held = this.#base.get(key);
      const before = held === undefined ? absent : held;
      this.#base.set(key, after);
      if (after === absent) this.#tombstones.set(key, version);
      else if (before === absent) this.#tombstones.delete(key);
      listener.changed(key, before, after);
      // Setting a key that a pass over a Map has met neither moves it nor brings it up again.
      changes.set(key, before);
    });
    this.#undo.add({ version, replaced: changes, sizeBefore });
  }

  /** Sets or removes the entry of a key in the only version; for a map to which nothing was applied. */
  load(key: K, after: E | Absent, listener: ChangeListener<K, E>): void {
    const before = this.#base.get(key) ?? absent;
    if (after !== absent) this.#base.set(key, after);
    else if (before !== absent) this.#base.delete(key);
    listener.changed(key, before, after);
  }

  /** Drops the undo records and tombstones that only versions older than `oldestVersion` need. */
  forget(oldestVersion: number): void {
    this.#oldestVersion = Math.max(this.#oldestVersion, oldestVersion);
    this.#undo.forget(oldestVersion);
    for (const [key, version] of this.#tombstones.primitives) {
      if (version > oldestVersion) break;
      this.#bury(key);
    }
    for (const { key, value: version } of this.#tombstones.composites?.values() ?? []) {
      if (version > oldestVersion) break;
      this.#bury(key);
    }
  }

  #bury(key: K): void {
    this.#tombstones.delete(key);
    this.#base.delete(key);
  }

  #assertKept(version: number): void {
    invariant(
      version >= this.#oldestVersion,
      "a version of the state is read before it is forgotten",
    );
  }
}
