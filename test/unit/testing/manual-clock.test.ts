/** The clock that moves only when a test says so. */
import { describe, expect, test } from "vitest";
import { sleep } from "../../../src/base/index.ts";
import { ManualClock } from "../../../src/testing/index.ts";
import { caught } from "../context/driven-context.ts";

describe("a manual clock", () => {
  test("begins where it is told, and moves when it is told", async () => {
    const clock = new ManualClock(5000);
    expect([clock.now(), clock.monotonicNow()]).toEqual([5000, 0]);
    await clock.advance(70);
    expect([clock.now(), clock.monotonicNow()]).toEqual([5070, 70]);
    expect(new ManualClock().now()).toBe(0);
  });

  test("fires timers in the order of their due times, then of their setting, each at its own time", async () => {
    const clock = new ManualClock();
    const fired: string[] = [];
    const at = (delayMs: number, name: string) =>
      clock.setTimer(delayMs, () => void fired.push(`${name} ${clock.now()}`));
    at(30, "c");
    at(10, "a");
    at(20, "b1");
    at(20, "b2");
    at(41, "late");
    await clock.advance(40);
    expect(fired).toEqual(["a 10", "b1 20", "b2 20", "c 30"]);
    expect([clock.now(), clock.pendingTimers]).toEqual([40, 1]);
  });

  test("fires what is due at the very end, and what a fired timer sets within the span", async () => {
    const clock = new ManualClock();
    const fired: number[] = [];
    const again = () => {
      fired.push(clock.now());
      clock.setTimer(10, again);
    };
    clock.setTimer(10, again);
    await clock.advance(30);
    expect(fired).toEqual([10, 20, 30]);
  });

  test("fires a timer with a delay of 0 or less when it is advanced, not before", async () => {
    const clock = new ManualClock();
    let fired = 0;
    clock.setTimer(0, () => void fired++);
    clock.setTimer(-5, () => void fired++);
    expect(fired).toBe(0);
    await clock.advance(0);
    expect(fired).toBe(2);
  });

  test("does not fire what was cancelled, and cancelling twice does nothing", async () => {
    const clock = new ManualClock();
    let fired = 0;
    const timer = clock.setTimer(10, () => void fired++);
    clock.setTimer(20, () => void fired++);
    timer.cancel();
    timer.cancel();
    await clock.advance(30);
    expect(fired).toBe(1);
    timer.cancel();
  });

  test("waits for the work of a timer before it moves on", async () => {
    const clock = new ManualClock();
    const times: number[] = [];
    clock.setTimer(10, async () => {
      await clock.yieldToEventLoop();
      await clock.yieldToEventLoop();
      times.push(clock.now());
    });
    clock.setTimer(20, () => void times.push(clock.now()));
    await clock.advance(50);
    expect(times).toEqual([10, 20]);
  });

  test("does not wait for it when it is told so", async () => {
    const clock = new ManualClock();
    const order: string[] = [];
    clock.setTimer(10, async () => {
      await sleep(clock, 25);
      order.push(`slept until ${clock.now()}`);
    });
    clock.setTimer(20, () => void order.push(`fired at ${clock.now()}`));
    await clock.advanceWithoutWaiting(50);
    expect(order).toEqual(["fired at 20", "slept until 35"]);
  });

  test("refuses to be advanced by work that it waits for", async () => {
    const clock = new ManualClock();
    let refused: unknown;
    clock.setTimer(10, async () => {
      refused = await caught(clock.advance(10));
    });
    await clock.advance(20);
    expect(refused).toMatchObject({ code: "clock_advancing" });
    await clock.advance(10);
    expect(clock.now()).toBe(30);
  });

  test("may be advanced again after the work of a timer threw", async () => {
    const clock = new ManualClock();
    clock.setTimer(10, () => {
      throw new Error("no luck");
    });
    expect(await caught(clock.advance(20))).toMatchObject({ message: "no luck" });
    await clock.advance(10);
    expect(clock.now()).toBe(20);
  });

  test.each([-1, Number.NaN, Number.POSITIVE_INFINITY])(
    "refuses to be advanced by %s ms",
    async (ms) => {
      const clock = new ManualClock();
      expect(await caught(clock.advance(ms))).toMatchObject({ code: "argument_invalid" });
      expect(await caught(clock.advanceWithoutWaiting(ms))).toMatchObject({
        code: "argument_invalid",
      });
      expect(clock.now()).toBe(0);
    },
  );

  test("steps the wall clock without timers and the monotonic clock noticing", async () => {
    const clock = new ManualClock(1000);
    const fired: number[] = [];
    clock.setTimer(10, () => void fired.push(clock.monotonicNow()));
    clock.stepWallClock(-500);
    expect([clock.now(), clock.monotonicNow(), fired]).toEqual([500, 0, []]);
    await clock.advance(10);
    expect([clock.now(), fired]).toEqual([510, [10]]);
  });
});
