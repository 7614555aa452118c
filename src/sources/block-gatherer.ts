/**
 * Owns: gathering records with consecutive positions into blocks that are stored one after another.
 * Does not own: where blocks go (`store`), what follows when that fails (`failed`).
 *
 * Invariants: I1 one block is being stored while the next one gathers: two are in memory at most. I2 a block is stored
 * when it is full or its first record has waited for `intervalMs`, and the block before it is stored. I3 after a
 * failure nothing more is stored, as it would leave out what failed.
 */
import type { Clock, Timer } from "../base/index.ts";

export interface BlockGathererOptions<T> {
  readonly clock: Clock;
  readonly intervalMs: number;
  readonly recordsMax: number;
  /** Stores records with positions from `from` on. */
  readonly store: (records: readonly T[], from: number) => Promise<void>;
  readonly failed: (error: unknown) => void;
}

/** The records of one start of a receiver on their way into blocks. */
export class BlockGatherer<T> {
  readonly #options: BlockGathererOptions<T>;
  #records: T[] = [];
  /** The position of the first gathered record. */
  #from = 0;
  #timer: Timer | undefined;
  /** Whether the gathered records are to be stored as soon as the block before them is. */
  #isDue = false;
  #storing: Promise<void> | undefined;
  #hasFailed = false;

  constructor(options: BlockGathererOptions<T>) {
    this.#options = options;
  }

  /** Takes the record at the position after the last one; a promise means that the next one has to wait for it. */
  add(record: T, position: number): void | Promise<void> {
    if (this.#records.length === 0) this.#begin(position);
    this.#records.push(record);
    if (this.#records.length < this.#options.recordsMax) return undefined;
    this.#storeSoon();
    return this.#records.length === 0 ? undefined : this.#storing;
  }

  /** Stores what has gathered; resolves when all is stored or has failed. */
  async finish(): Promise<void> {
    this.#storeSoon();
    while (this.#storing !== undefined) await this.#storing;
  }

  #begin(position: number): void {
    const { clock, intervalMs } = this.#options;
    this.#from = position;
    // The tick does not wait: storing may wait for room that only a later batch makes.
    this.#timer = clock.setTimer(intervalMs, () => this.#storeSoon());
  }

  #storeSoon(): void {
    this.#isDue = true;
    this.#storeNext();
  }

  #storeNext(): void {
    if (this.#storing !== undefined || !this.#isDue) return;
    this.#isDue = false;
    this.#timer?.cancel();
    const records = this.#records;
    this.#records = [];
    if (records.length === 0 || this.#hasFailed) return;
    this.#storing = this.#store(records, this.#from);
  }

  /** Never rejects. */
  async #store(records: readonly T[], from: number): Promise<void> {
    try {
      await this.#options.store(records, from);
    } catch (error) {
      this.#hasFailed = true;
      this.#options.failed(error);
    }
    this.#storing = undefined;
    this.#storeNext();
  }
}
