/**
 * Owns: the clock port, through which all time reaches the engine, and its implementation by the machine's clock.
 * Does not own: the manual clock of tests (src/testing).
 */

/** A running timer; cancelling a timer that fired or was cancelled does nothing. */
export interface Timer {
  cancel(): void;
}

/**
 * Where time comes from. `now` may jump with the machine's wall clock; `monotonicNow` and timers never do.
 */
export interface Clock {
  /** The wall clock, in ms since the epoch. */
  now(): number;
  /** Milliseconds since an arbitrary start, with fractions; never goes back. */
  monotonicNow(): number;
  /**
   * Calls `fire` once, `delayMs` from now. A promise that `fire` returns stands for the work that the tick began and
   * must not reject: a manual clock waits for it before it moves on, the machine's clock does not.
   */
  setTimer(delayMs: number, fire: () => void | Promise<void>): Timer;
  /** Resolves after the event loop has turned once: sockets, timers and signals have had their chance. */
  yieldToEventLoop(): Promise<void>;
}

/** What Node's timers can count; a longer one fires at once there, so it is set in steps. */
const timerStepMsMax = 2 ** 31 - 1;

/** The machine's clock. */
export const systemClock: Clock = {
  now: () => Date.now(),
  monotonicNow: () => performance.now(),
  setTimer: (delayMs, fire) => {
    let handle: NodeJS.Timeout;
    const set = (leftMs: number): void => {
      const stepMs = Math.min(Math.max(0, leftMs), timerStepMsMax);
      handle = setTimeout(() => (leftMs > stepMs ? set(leftMs - stepMs) : void fire()), stepMs);
    };
    set(delayMs);
    return { cancel: () => clearTimeout(handle) };
  },
  yieldToEventLoop: () => new Promise((resolve) => setImmediate(resolve)),
};

/** Resolves after `delayMs` of the clock, or as soon as the signal aborts (it never rejects). */
export function sleep(clock: Clock, delayMs: number, signal?: AbortSignal): Promise<void> {
  if (signal?.aborted) return Promise.resolve();
  return new Promise((resolve) => {
    const finish = () => {
      timer.cancel();
      signal?.removeEventListener("abort", finish);
      resolve();
    };
    const timer = clock.setTimer(delayMs, finish);
    signal?.addEventListener("abort", finish, { once: true });
  });
}
