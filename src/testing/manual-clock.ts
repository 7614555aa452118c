/**
 * Owns: a clock that moves only when a test says so.
 * Invariants: I1 timers fire in the order of their due time, then in the order in which they were set. I2 while a timer
 * fires, `now` is its due time. I3 `advance` waits for the work that a tick began before it moves on.
 */
import { type Clock, StreamError, systemClock, type Timer } from "../base/index.ts";

interface PendingTimer extends Timer {
  readonly dueMs: number;
  readonly fire: () => void | Promise<void>;
}

/** A clock for tests: no real time passes, and every batch that falls due runs at its own time. */
export class ManualClock implements Clock {
  #elapsedMs = 0;
  #wallOffsetMs: number;
  #advancing = false;
  readonly #timers: PendingTimer[] = [];

  /** `startMs` is the wall clock at the start, in ms since the epoch (default 0). */
  constructor(startMs = 0) {
    this.#wallOffsetMs = startMs;
  }

  now(): number {
    return this.#wallOffsetMs + this.#elapsedMs;
  }

  monotonicNow(): number {
    return this.#elapsedMs;
  }

  setTimer(delayMs: number, fire: () => void | Promise<void>): Timer {
    const timer: PendingTimer = {
      dueMs: this.#elapsedMs + Math.max(0, delayMs),
      fire,
      cancel: () => this.#remove(timer),
    };
    const later = this.#timers.findIndex((other) => other.dueMs > timer.dueMs);
    this.#timers.splice(later === -1 ? this.#timers.length : later, 0, timer);
    return timer;
  }

  yieldToEventLoop(): Promise<void> {
    return systemClock.yieldToEventLoop();
  }

  /** How many timers are set. */
  get pendingTimers(): number {
    return this.#timers.length;
  }

  /**
   * Moves time on by `ms`: every timer that falls due fires at its own time, and the work that it began is done before
   * the next one fires. Throws `argument_invalid`, and `clock_advancing` when called from within such work, which would wait for itself.
   */
  async advance(ms: number): Promise<void> {
    await this.#move(ms, (timer) => timer.fire());
  }

  /**
   * Moves time on by `ms` without waiting for the work of the timers that fire, as when batches take longer than their
   * interval; a later `advance` does not wait for that work either.
   */
  async advanceWithoutWaiting(ms: number): Promise<void> {
    await this.#move(ms, (timer) => void timer.fire());
  }

  /** Steps the wall clock by `ms`, forward or back; timers and `monotonicNow` do not notice. */
  stepWallClock(ms: number): void {
    this.#wallOffsetMs += ms;
  }

  async #move(ms: number, fire: (timer: PendingTimer) => void | Promise<void>): Promise<void> {
    if (!Number.isFinite(ms) || ms < 0) {
      throw new StreamError("argument_invalid", {
        argument: "ms",
        value: ms,
        expected: "a number from 0 up",
      });
    }
    if (this.#advancing) throw new StreamError("clock_advancing", { now: this.now() });
    this.#advancing = true;
    try {
      const untilMs = this.#elapsedMs + ms;
      // Work that was begun before this call may still be about to set its timers.
      await this.yieldToEventLoop();
      for (let next = this.#due(untilMs); next !== undefined; next = this.#due(untilMs)) {
        this.#remove(next);
        this.#elapsedMs = next.dueMs;
        await fire(next);
        await this.yieldToEventLoop();
      }
      this.#elapsedMs = untilMs;
    } finally {
      this.#advancing = false;
    }
  }

  #due(untilMs: number): PendingTimer | undefined {
    const next = this.#timers[0];
    return next !== undefined && next.dueMs <= untilMs ? next : undefined;
  }

  #remove(timer: PendingTimer): void {
    const index = this.#timers.indexOf(timer);
    if (index !== -1) this.#timers.splice(index, 1);
  }
}
