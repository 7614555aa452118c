/**
 * Owns: the ticks of the batch grid. They come from the monotonic clock, so that a jump of the wall clock neither adds nor
 * skips a batch; after a stall the missed ones come back to back.
 */
import type { Clock, Timer } from "../base/index.ts";

/** Calls `tick` with each time of the grid, from `firstMs` on. */
export class BatchTimer {
  readonly #clock: Clock;
  readonly #intervalMs: number;
  readonly #tick: (timeMs: number) => Promise<void>;
  readonly #firstMs: number;
  readonly #firstAtMonotonicMs: number;
  #ticks = 0;
  #timer: Timer | undefined;

  constructor(
    clock: Clock,
    grid: { readonly firstMs: number; readonly intervalMs: number },
    tick: (timeMs: number) => Promise<void>,
  ) {
    this.#clock = clock;
    this.#intervalMs = grid.intervalMs;
    this.#firstMs = grid.firstMs;
    // After a restart the wall clock may stand before batches that there were; nobody waits for it to come after them.
    const waitMs = Math.min(grid.firstMs - clock.now(), grid.intervalMs);
    this.#firstAtMonotonicMs = clock.monotonicNow() + waitMs;
    this.#tick = tick;
    this.#setNext();
  }

  /** The time of the next tick. */
  get nextMs(): number {
    return this.#firstMs + this.#ticks * this.#intervalMs;
  }

  stop(): void {
    this.#timer?.cancel();
    this.#timer = undefined;
  }

  #setNext(): void {
    const dueMs = this.#firstAtMonotonicMs + this.#ticks * this.#intervalMs;
    this.#timer = this.#clock.setTimer(dueMs - this.#clock.monotonicNow(), () => {
      const timeMs = this.nextMs;
      this.#ticks++;
      this.#setNext();
      return this.#tick(timeMs);
    });
  }
}
