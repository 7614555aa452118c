/**
 * Owns: a clock that measures real time and ticks when told, so that a benchmark runs one batch after the other with
 * nothing between them, and the engine still yields to the event loop as it does under the machine's clock.
 */
import { type Clock, systemClock, type Timer } from "millrace";

type Fire = () => void | Promise<void>;

export class SteppedClock implements Clock {
  readonly #waiting = new Set<Fire>();

  now(): number {
    return systemClock.now();
  }

  monotonicNow(): number {
    return systemClock.monotonicNow();
  }

  setTimer(_delayMs: number, fire: Fire): Timer {
    this.#waiting.add(fire);
    return { cancel: () => this.#waiting.delete(fire) };
  }

  yieldToEventLoop(): Promise<void> {
    return systemClock.yieldToEventLoop();
  }

  /** Fires the timer that was set first, and waits for the work that it begins. */
  async tick(): Promise<void> {
    const [first] = this.#waiting;
    if (first === undefined) throw new Error("no timer is set: the context does not run");
    this.#waiting.delete(first);
    await first();
  }
}
