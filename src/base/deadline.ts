/**
 * Owns: a bounded wait, on the clock, whose bound may be brought forward while it lasts.
 */
import type { Clock, Timer } from "./clock.ts";

/** A moment after which nobody waits any more. */
export class Deadline {
  readonly #clock: Clock;
  readonly #passed: Promise<false>;
  #pass: () => void = () => {};
  #timer: Timer;
  #dueMs: number;

  constructor(clock: Clock, limitMs: number) {
    this.#clock = clock;
    this.#passed = new Promise((resolve) => {
      this.#pass = () => resolve(false);
    });
    this.#dueMs = clock.monotonicNow() + limitMs;
    this.#timer = clock.setTimer(limitMs, this.#pass);
  }

  /** Ends the wait `limitMs` from now, unless it ends before. */
  bringForward(limitMs: number): void {
    const dueMs = this.#clock.monotonicNow() + limitMs;
    if (dueMs >= this.#dueMs) return;
    this.#dueMs = dueMs;
    this.#timer.cancel();
    this.#timer = this.#clock.setTimer(limitMs, this.#pass);
  }

  /** Waits for the work; whether it settled, either way, before the deadline. To be called once. */
  async isMetBy(work: Promise<unknown>): Promise<boolean> {
    const settled = work.then(
      () => true,
      () => true,
    );
    try {
      return await Promise.race([settled, this.#passed]);
    } finally {
      this.#timer.cancel();
    }
  }
}
