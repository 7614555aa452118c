/**
 * Owns: the token bucket that holds a receiver to a number of records per second.
 * Does not own: the waiting (block-generator.ts), nor where a new rate comes from
 * (pid-rate-estimator.ts).
 *
 * It follows Guava's bursty limiter: up to one second's worth of unused permits is saved, none at
 * the start; a record never waits for its own cost but for the debt of those before it, so the
 * first one passes at once.
 */
import { type Clock, StreamError } from "../base/index.ts";

const savedSecondsMax = 1;

/** Lets records pass at a rate; all times come from the monotonic clock. */
export class RateLimiter {
  readonly #clock: Clock;
  #recordsPerSecond = Number.POSITIVE_INFINITY;
  #savedPermits = 0;
  /** When the debt of the records that have passed is paid. */
  #nextFreeMs: number;

  /**
   * `recordsPerSecond` is above 0; Infinity, the default, limits nothing. Throws
   * `argument_invalid`.
   */
  constructor(clock: Clock, recordsPerSecond: number = Number.POSITIVE_INFINITY) {
    this.#clock = clock;
    this.#nextFreeMs = clock.monotonicNow();
    this.setRate(recordsPerSecond);
  }

  get recordsPerSecond(): number {
    return this.#recordsPerSecond;
  }

  /**
   * Changes the rate and scales the saved permits with it; a record that waits already is not
   * woken. Throws `argument_invalid`.
   */
  setRate(recordsPerSecond: number): void {
    if (!(recordsPerSecond > 0)) {
      const expected = "a number of records per second above 0";
      throw new StreamError("argument_invalid", { argument: "rate", recordsPerSecond, expected });
    }
    this.#payDebt(this.#clock.monotonicNow());
    const scale = recordsPerSecond / this.#recordsPerSecond;
    this.#savedPermits = Number.isFinite(scale) ? this.#savedPermits * scale : 0;
    this.#recordsPerSecond = recordsPerSecond;
  }

  /** Lets one record pass if it need not wait; where it must, nothing is charged. */
  tryPass(): boolean {
    if (this.#recordsPerSecond === Number.POSITIVE_INFINITY) return true;
    const nowMs = this.#clock.monotonicNow();
    this.#payDebt(nowMs);
    if (this.#nextFreeMs > nowMs) return false;
    this.#spendPermit();
    return true;
  }

  /** Charges one record and returns the milliseconds that it must wait before it passes. */
  reserve(): number {
    if (this.#recordsPerSecond === Number.POSITIVE_INFINITY) return 0;
    const nowMs = this.#clock.monotonicNow();
    this.#payDebt(nowMs);
    const waitMs = Math.max(0, this.#nextFreeMs - nowMs);
    this.#spendPermit();
    return waitMs;
  }

  #payDebt(nowMs: number): void {
    if (nowMs <= this.#nextFreeMs) return;
    // An unlimited rate saves nothing, or a limit set later would begin with an endless burst.
    if (Number.isFinite(this.#recordsPerSecond)) {
      const earned = ((nowMs - this.#nextFreeMs) * this.#recordsPerSecond) / 1000;
      const savedMax = this.#recordsPerSecond * savedSecondsMax;
      this.#savedPermits = Math.min(savedMax, this.#savedPermits + earned);
    }
    this.#nextFreeMs = nowMs;
  }

  #spendPermit(): void {
    const saved = Math.min(1, this.#savedPermits);
    this.#savedPermits -= saved;
    this.#nextFreeMs += ((1 - saved) * 1000) / this.#recordsPerSecond;
  }
}
