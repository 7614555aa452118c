/** Owns: a receiver that stores 0, 1, 2, ... by the clock, and knows which of them were taken. */
import { type Clock, Receiver, type Timer } from "../../../src/index.ts";

export class CountingReceiver extends Receiver<number> {
  /** The numbers that the engine has taken: it must process each of them. */
  readonly taken: number[] = [];
  /** What `onStop` does besides. */
  ending: () => void | Promise<void> = () => {};
  readonly #clock: Clock;
  readonly #everyMs: number;
  readonly #perBlock: number;
  #next = 0;
  #timer: Timer | undefined;

  /** Every `everyMs` it stores one number, or a block of `perBlock` at once. */
  constructor(clock: Clock, everyMs: number, perBlock = 0) {
    super({ storageLevel: "MEMORY_ONLY" });
    this.#clock = clock;
    this.#everyMs = everyMs;
    this.#perBlock = perBlock;
  }

  onStart(): void {
    this.#timer = this.#clock.setTimer(this.#everyMs, () => {
      this.onStart();
      void this.storeNext();
    });
  }

  onStop(): void | Promise<void> {
    this.#timer?.cancel();
    return this.ending();
  }

  async storeNext(): Promise<void> {
    const numbers = Array.from({ length: Math.max(1, this.#perBlock) }, () => this.#next++);
    try {
      if (this.#perBlock > 0) await this.storeMany(numbers);
      else for (const n of numbers) await this.store(n);
      this.taken.push(...numbers);
    } catch {
      // Refused: the source would send it again.
    }
  }
}
