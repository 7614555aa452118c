/**
 * Owns: which keys of a partition in LevelDB are due, at a cost that does not grow with the number of
 * keys, as timeouts.ts does it in memory.
 * Does not own: what happens to a key that is due; where timers are filed first (level-partition.ts).
 *
 * I1. Each key with an entry has a timer at its last use, or at an earlier one. A use does not move
 *     it: it is moved when it falls due.
 * I2. A timer without a key, or of a key that went and came again, is dropped when it falls due.
 * I3. What a pass moves and drops depends on no update, and may be done twice: an attempt that fails
 *     afterwards, or goes on too late, changed nothing that counts.
 */
import { Buffer } from "node:buffer";
import type { LevelParts, LevelReader } from "./level-reader.ts";
import { keyOf, type LevelRange, type LevelRecord } from "./level-records.ts";
import type { StateScan } from "./state-partition.ts";

const timersPerChunk = 500;

interface Timer {
  readonly key: string;
  readonly usedAt: number;
  readonly order: number;
  readonly text: string;
}

export class LevelDue<K, S> implements StateScan<K, S> {
  readonly #parts: LevelParts<S>;
  readonly #base: LevelReader<K, S>;
  readonly #range: LevelRange;
  readonly #isLeftOut: (key: K) => boolean;
  #isSettled = false;
  #after: string | undefined;

  /** The keys whose last use in `base` is before `before`, but those that are left out. */
  constructor(
    parts: LevelParts<S>,
    base: LevelReader<K, S>,
    before: number,
    isLeftOut: (key: K) => boolean,
  ) {
    this.#parts = parts;
    this.#base = base;
    this.#range = parts.keys.timersBefore(before);
    this.#isLeftOut = isLeftOut;
  }

  async next(keysMax: number, visit: (key: K, value: S) => void): Promise<boolean> {
    if (!this.#isSettled) await this.#settle();
    this.#isSettled = true;
    const timers = await this.#chunk(this.#after, keysMax);
    for (const timer of timers) {
      const record = this.#recordOf(timer);
      if (record === undefined || record.usedAt !== timer.usedAt) continue;
      const key = keyOf(timer.text, record.keyBytes) as K;
      if (!this.#isLeftOut(key)) visit(key, this.#parts.valueOf(record.valueBytes));
    }
    this.#after = timers.at(-1)?.key ?? this.#after;
    return timers.length > 0;
  }

  /** Moves every timer that falls due to the last use of its key, so that they lie in due order. */
  async #settle(): Promise<void> {
    const { database, keys } = this.#parts;
    for (let after: string | undefined; ; ) {
      const timers = await this.#chunk(after, timersPerChunk);
      if (timers.length === 0) return;
      after = timers.at(-1)?.key;
      const moved = timers
        .map((timer) => ({ timer, record: this.#recordOf(timer) }))
        .filter(({ timer, record }) => record?.usedAt !== timer.usedAt);
      if (moved.length === 0) continue;
      await database.write((batch) => {
        for (const { timer, record } of moved) {
          batch.del(timer.key);
          if (record === undefined) continue;
          batch.put(keys.timer(record.usedAt, record.order, timer.text), noValue);
        }
      });
    }
  }

  async #chunk(after: string | undefined, countMax: number): Promise<readonly Timer[]> {
    const { database, keys } = this.#parts;
    const pairs = await database.chunk(this.#range, { after, countMax });
    return pairs.map(([key]) => ({ key, ...keys.partsOfTimer(key) }));
  }

  /** The entry that the timer is of. */
  #recordOf({ order, text }: Timer): LevelRecord | undefined {
    const record = this.#base.record(text);
    return record?.order === order ? record : undefined;
  }
}

/** What lies under a key that says all by itself. */
export const noValue: Buffer = Buffer.alloc(0);
