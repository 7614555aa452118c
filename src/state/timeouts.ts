/**
 * Owns: which keys of a partition are due at a batch, at a cost that does not grow with the number
 * of keys.
 * Does not own: what happens to a key that is due (the operator deletes it); where entries are kept
 * (versioned-map.ts).
 *
 * I1. Each key that holds an entry in the newest version has one timer, filed in one bucket: that
 *     of a use of the key, the last one or an earlier one.
 * I2. A use does not move the timer. It is moved when its bucket falls due, to the bucket of the
 *     last use: a key costs at most one move per time-out, however often it is used.
 * I3. There is a bucket for each version that used a key. Buckets are in the order of time. They go
 *     only when they are empty and all before them were looked through, since a timer of an earlier
 *     bucket may still move into them.
 * I4. Timers are filed and removed only when a version is applied. Which timers a pass moves does
 *     not depend on the update that asks, so that an attempt which fails afterwards changed
 *     nothing.
 */
import type { EntryForm } from "./entry-form.ts";
import { type Absent, absent } from "./versioned-map.ts";

/** A value and the batch time of its last use, in ms. */
export interface TimedEntry<K, S> {
  readonly value: S;
  readonly usedAt: number;
  /** Set when the entry is applied; a key keeps its timer until it is deleted. */
  timer: Timer<K, S> | undefined;
}

interface Timer<K, S> {
  readonly key: K;
  /** The place of the key in the order in which keys came into the state. */
  readonly order: number;
  /** The entry of the newest version. */
  entry: TimedEntry<K, S>;
  /** The bucket, by the use that it stands for; `entry.usedAt` may be later. */
  filedAt: number;
}

type Bucket<K, S> = Set<Timer<K, S>>;

/**
 * The form of entries with a time-out: a key is due at the first batch more than `timeoutMs` after
 * its last use.
 */
export class Timeouts<K, S> implements EntryForm<K, S, TimedEntry<K, S>> {
  readonly #timeoutMs: number;
  readonly #buckets = new Map<number, Bucket<K, S>>();
  #nextOrder = 0;

  constructor(timeoutMs: number) {
    this.#timeoutMs = timeoutMs;
  }

  entryOf(value: S, usedAt: number): TimedEntry<K, S> {
    return { value, usedAt, timer: undefined };
  }

  valueOf(entry: TimedEntry<K, S>): S {
    return entry.value;
  }

  usedAtOf(entry: TimedEntry<K, S>): number {
    return entry.usedAt;
  }

  used(entry: TimedEntry<K, S>, usedAt: number): TimedEntry<K, S> {
    return { value: entry.value, usedAt, timer: undefined };
  }

  visitor(visit: (key: K, value: S) => void): (key: K, entry: TimedEntry<K, S>) => void {
    return (key, entry) => visit(key, entry.value);
  }

  changed(key: K, before: TimedEntry<K, S> | Absent, after: TimedEntry<K, S> | Absent): void {
    const timer = before === absent ? undefined : before.timer;
    if (after === absent) {
      if (timer !== undefined) this.#bucketOf(timer.filedAt).delete(timer);
      return;
    }
    const bucket = this.#bucketOf(after.usedAt);
    if (timer === undefined) {
      after.timer = { key, order: this.#nextOrder, entry: after, filedAt: after.usedAt };
      this.#nextOrder += 1;
      bucket.add(after.timer);
    } else {
      after.timer = timer;
      timer.entry = after;
    }
  }

  *due(now: number): Generator<Timer<K, S> | undefined, void, undefined> {
    for (const [filedAt, bucket] of this.#buckets) {
      if (filedAt >= now - this.#timeoutMs) return;
      const due: Timer<K, S>[] = [];
      for (const timer of bucket) {
        if (timer.entry.usedAt === filedAt) due.push(timer);
        else this.#move(timer, bucket);
        yield undefined;
      }
      if (bucket.size === 0) this.#buckets.delete(filedAt);
      // Timers that were moved here stand behind those of keys that are younger.
      yield* due.sort((a, b) => a.order - b.order);
    }
  }

  /** Brings the buckets into the order of time (I3). */
  loaded(): void {
    const buckets = [...this.#buckets].sort(([a], [b]) => a - b);
    this.#buckets.clear();
    for (const [filedAt, bucket] of buckets) this.#buckets.set(filedAt, bucket);
  }

  #move(timer: Timer<K, S>, from: Bucket<K, S>): void {
    from.delete(timer);
    timer.filedAt = timer.entry.usedAt;
    this.#bucketOf(timer.filedAt).add(timer);
  }

  #bucketOf(usedAt: number): Bucket<K, S> {
    let bucket = this.#buckets.get(usedAt);
    if (bucket === undefined) {
      bucket = new Set();
      this.#buckets.set(usedAt, bucket);
    }
    return bucket;
  }
}
