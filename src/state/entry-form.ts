/**
 * Owns: what a partition stores for a value: the value itself, or, where there is a time-out, the
 * value with its last use.
 * Does not own: when a time-out falls due (timeouts.ts); where entries are kept (versioned-map.ts).
 *
 * I1. Without a time-out nothing is stored per key but the key and the value.
 * I2. The value and the last use of an entry never change: a use makes another entry, as a change
 *     does.
 */
import type { ChangeListener } from "./versioned-map.ts";

/** A key that is due, with its entry in the newest version. */
export interface DueEntry<K, E> {
  readonly key: K;
  readonly entry: E;
}

/** How one partition makes entries of values, and what it keeps beside them. */
export interface EntryForm<K, S, E> extends ChangeListener<K, E> {
  entryOf(value: S, usedAt: number): E;
  valueOf(entry: E): S;
  /** The last use of the entry, a batch time in ms; undefined where nobody asks for it. */
  usedAtOf(entry: E): number | undefined;
  /** The entry after a use at `usedAt`: the same one where nobody asks for the last use. */
  used(entry: E, usedAt: number): E;
  /** What to call with entries, so that `visit` is called with their values. */
  visitor(visit: (key: K, value: S) => void): (key: K, entry: E) => void;
  /**
   * The keys that are due at `now` in the newest version, in due order, with an undefined for each
   * that was only looked at, so that the caller can bound its slices. Nothing may be applied while
   * it goes on.
   */
  due(now: number): Iterator<DueEntry<K, E> | undefined, unknown, undefined>;
  /** To be called after entries were loaded, which come in no order of time. */
  loaded(): void;
}

/** The form without a time-out. */
export function plainForm<K, S>(): EntryForm<K, S, S> {
  return {
    entryOf: (value) => value,
    valueOf: (entry) => entry,
    usedAtOf: () => undefined,
    used: (entry) => entry,
    visitor: (visit) => visit,
    changed: () => {},
    due: () => [].values(),
    loaded: () => {},
  };
}
