/** Owns: a clock under which slices end after a number of looks, whatever the machine is doing. */
import type { Clock } from "../../../../src/base/index.ts";
import { ManualClock } from "../../../../src/testing/manual-clock.ts";

/** A clock on which each look takes a while, and which counts how often the event loop turned. */
export class SlowClock extends ManualClock implements Clock {
  looks = 0;
  turns = 0;
  readonly #msPerLook: number;

  constructor(msPerLook: number) {
    super();
    this.#msPerLook = msPerLook;
  }

  override monotonicNow(): number {
    return this.looks++ * this.#msPerLook;
  }

  override yieldToEventLoop(): Promise<void> {
    this.turns++;
    return super.yieldToEventLoop();
  }
}
