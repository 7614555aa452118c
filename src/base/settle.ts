/** Owns: promises that are settled from outside, and waiting with a bound. */
import { type Clock, sleep } from "./clock.ts";

/** Whether the promise settles within `timeoutMs`; what it settles to is not looked at. */
export async function settlesWithin(
  clock: Clock,
  promise: Promise<unknown>,
  timeoutMs: number,
): Promise<boolean> {
  const done = new AbortController();
  const settled = promise.then(
    () => true,
    () => true,
  );
  try {
    return await Promise.race([settled, sleep(clock, timeoutMs, done.signal).then(() => false)]);
  } finally {
    done.abort();
  }
}

/** A promise that its owner settles. */
export class Settlement {
  readonly promise: Promise<void>;
  resolve: () => void = () => {};
  reject: (error: unknown) => void = () => {};

  constructor() {
    this.promise = new Promise((resolve, reject) => {
      this.resolve = resolve;
      this.reject = reject;
    });
  }
}
