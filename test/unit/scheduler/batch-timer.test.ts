/** Ticks on the grid of batch times, from the monotonic clock. */
import { describe, expect, test } from "vitest";
import type { Clock, Timer } from "../../../src/index.ts";
import { BatchTimer } from "../../../src/scheduler/batch-timer.ts";
import { BatchScheduler } from "../../../src/scheduler/index.ts";
import { ManualClock } from "../../../src/testing/index.ts";
import { DrivenContext } from "../context/driven-context.ts";

/** A clock whose timers fire late: when the test says that the process runs again. */
class StallingClock implements Clock {
  #nowMs: number;
  readonly #timers: { dueMs: number; fire: () => void | Promise<void> }[] = [];

  constructor(startMs: number) {
    this.#nowMs = startMs;
  }

  now(): number {
    return this.#nowMs;
  }

  monotonicNow(): number {
    return this.#nowMs;
  }

  setTimer(delayMs: number, fire: () => void | Promise<void>): Timer {
    const timer = { dueMs: this.#nowMs + Math.max(0, delayMs), fire };
    this.#timers.push(timer);
    return { cancel: () => void this.#timers.splice(this.#timers.indexOf(timer), 1) };
  }

  async yieldToEventLoop(): Promise<void> {}

  /** Passes `ms` without firing anything, then fires what is due. */
  stall(ms: number): void {
    this.#nowMs += ms;
    let due = this.#timers.findIndex(({ dueMs }) => dueMs <= this.#nowMs);
    while (due !== -1) {
      const [timer] = this.#timers.splice(due, 1);
      void timer?.fire();
      due = this.#timers.findIndex(({ dueMs }) => dueMs <= this.#nowMs);
    }
  }
}

function ticksOf(clock: Clock, firstMs: number): { ticks: number[]; timer: BatchTimer } {
  const ticks: number[] = [];
  const timer = new BatchTimer(clock, { firstMs, intervalMs: 1000 }, async (timeMs) => {
    ticks.push(timeMs);
  });
  return { ticks, timer };
}

describe("the timer of batches", () => {
  test("ticks with each time of the grid", async () => {
    const clock = new ManualClock(500);
    const { ticks } = ticksOf(clock, 1000);
    await clock.advance(499);
    expect(ticks).toEqual([]);
    await clock.advance(1);
    expect(ticks).toEqual([1000]);
    await clock.advance(2500);
    expect(ticks).toEqual([1000, 2000, 3000]);
  });

  test("gives the ticks that a stall has swallowed back to back, and stands on the grid again", () => {
    const clock = new StallingClock(500);
    const { ticks, timer } = ticksOf(clock, 1000);
    clock.stall(3700);
    expect(ticks).toEqual([1000, 2000, 3000, 4000]);
    expect(timer.nextMs).toBe(5000);
    clock.stall(799);
    expect(ticks).toHaveLength(4);
    clock.stall(1);
    expect(ticks).toEqual([1000, 2000, 3000, 4000, 5000]);
  });

  test("ticks no more once it is stopped", async () => {
    const clock = new ManualClock();
    const { ticks, timer } = ticksOf(clock, 1000);
    await clock.advance(1000);
    timer.stop();
    timer.stop();
    await clock.advance(5000);
    expect([ticks, clock.pendingTimers]).toEqual([[1000], 0]);
  });

  test("may be stopped by its own tick", async () => {
    const clock = new ManualClock();
    const ticks: number[] = [];
    const timer = new BatchTimer(clock, { firstMs: 1000, intervalMs: 1000 }, async (timeMs) => {
      ticks.push(timeMs);
      timer.stop();
    });
    await clock.advance(5000);
    expect(ticks).toEqual([1000]);
  });
});

test("the first batch is at the next multiple of the interval after now, never at now", () => {
  const grid = (nowMs: number) => BatchScheduler.gridFrom(new ManualClock(nowMs), 1000);
  expect(grid(1234)).toEqual({ zeroMs: 1000, firstMs: 2000 });
  expect(grid(2000)).toEqual({ zeroMs: 2000, firstMs: 3000 });
  expect(grid(0)).toEqual({ zeroMs: 0, firstMs: 1000 });
});

describe("a jump of the wall clock", () => {
  test.each([10_000, -10_000, 500, -1])(
    "by %s ms neither adds nor skips a batch",
    async (jumpMs) => {
      const clock = new ManualClock(1_000_250);
      await using engine = new DrivenContext({ clock });
      const result = engine.collect(engine.input([[1], [2], [3], [4]]));
      await engine.ssc.start();
      await clock.advance(2000);
      clock.stepWallClock(jumpMs);
      await clock.advance(2000);
      expect([...result]).toEqual([
        [1_001_000, [1]],
        [1_002_000, [2]],
        [1_003_000, [3]],
        [1_004_000, [4]],
      ]);
    },
  );
});
