import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { sleep, systemClock } from "../../../src/base/index.ts";
import { ManualClock } from "../../../src/testing/manual-clock.ts";
import { isPending } from "../receiver/receiver-fixture.ts";

describe("sleep", () => {
  test("ends after its time", async () => {
    const clock = new ManualClock();
    const sleeping = sleep(clock, 100);
    await clock.advance(99);
    expect(await isPending(sleeping)).toBe(true);
    await clock.advance(1);
    await sleeping;
    expect(clock.pendingTimers).toBe(0);
  });

  test("ends at once when its signal aborts, without a rejection or a timer", async () => {
    const clock = new ManualClock();
    const cancel = new AbortController();
    const sleeping = sleep(clock, 100, cancel.signal);
    expect(clock.pendingTimers).toBe(1);
    cancel.abort(new Error("enough"));
    await sleeping;
    expect(clock.pendingTimers).toBe(0);
    await sleep(clock, 100, cancel.signal);
    expect(clock.pendingTimers).toBe(0);
  });

  test("leaves no listener behind at a signal that lives on", async () => {
    const clock = new ManualClock();
    const { signal } = new AbortController();
    const removed = vi.spyOn(signal, "removeEventListener");
    const added = vi.spyOn(signal, "addEventListener");
    const sleeping = sleep(clock, 1, signal);
    await clock.advance(1);
    await sleeping;
    expect(added).toHaveBeenCalledTimes(1);
    expect(removed).toHaveBeenCalledWith("abort", added.mock.calls[0]?.[1]);
  });
});

describe("the machine's clock", () => {
  beforeEach(() => {
    vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
  });
  afterEach(() => {
    vi.useRealTimers();
  });

  test("fires a timer once, when it is due", () => {
    const fire = vi.fn<() => void>();
    systemClock.setTimer(1000, fire);
    vi.advanceTimersByTime(999);
    expect(fire).not.toHaveBeenCalled();
    vi.advanceTimersByTime(10_000);
    expect(fire).toHaveBeenCalledTimes(1);
  });

  test("fires a timer of more than the 24.8 days that Node counts no earlier than it is due", () => {
    const fire = vi.fn<() => void>();
    const days = 24 * 60 * 60 * 1000;
    systemClock.setTimer(60 * days, fire);
    vi.advanceTimersByTime(60 * days - 1);
    expect(fire).not.toHaveBeenCalled();
    vi.advanceTimersByTime(1);
    expect(fire).toHaveBeenCalledTimes(1);
  });

  test("never fires a cancelled timer, of whatever length, and takes a second cancel", () => {
    const fire = vi.fn<() => void>();
    const timers = [1, 2 ** 32].map((delayMs) => systemClock.setTimer(delayMs, fire));
    vi.advanceTimersByTime(0);
    for (const timer of timers) timer.cancel();
    const cancelledLater = systemClock.setTimer(2 ** 32, fire);
    vi.advanceTimersByTime(2 ** 31 + 5);
    cancelledLater.cancel();
    cancelledLater.cancel();
    vi.advanceTimersByTime(2 ** 33);
    expect(fire).not.toHaveBeenCalled();
    expect(vi.getTimerCount()).toBe(0);
  });

  test("takes a negative delay for none", () => {
    const fire = vi.fn<() => void>();
    systemClock.setTimer(-5, fire);
    vi.advanceTimersByTime(0);
    expect(fire).toHaveBeenCalledTimes(1);
  });

  test("lets the event loop turn", async () => {
    const order: string[] = [];
    setImmediate(() => order.push("what was waiting"));
    await systemClock.yieldToEventLoop();
    order.push("after the turn");
    expect(order).toEqual(["what was waiting", "after the turn"]);
  });

  test("has a monotonic time that does not go back", () => {
    const before = systemClock.monotonicNow();
    expect(systemClock.monotonicNow()).toBeGreaterThanOrEqual(before);
  });
});
