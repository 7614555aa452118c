import { describe, expect, test } from "vitest";
import { Deadline } from "../../../src/base/deadline.ts";
import { ManualClock } from "../../../src/testing/manual-clock.ts";
import { isPending } from "../receiver/receiver-fixture.ts";

const never = new Promise<void>(() => {});

describe("Deadline", () => {
  test("is met by work that settles before it, either way, and leaves no timer", async () => {
    const clock = new ManualClock();
    expect(await new Deadline(clock, 100).isMetBy(Promise.resolve())).toBe(true);
    expect(await new Deadline(clock, 100).isMetBy(Promise.reject(new Error("no")))).toBe(true);
    expect(clock.pendingTimers).toBe(0);
  });

  test("is not met by work that takes longer", async () => {
    const clock = new ManualClock();
    const met = new Deadline(clock, 100).isMetBy(never);
    await clock.advance(99);
    expect(await isPending(met)).toBe(true);
    await clock.advance(1);
    expect(await met).toBe(false);
  });

  test("may be brought forward, never put off", async () => {
    const clock = new ManualClock();
    const deadline = new Deadline(clock, 100);
    const met = deadline.isMetBy(never);
    deadline.bringForward(50);
    await clock.advance(20);
    deadline.bringForward(60);
    await clock.advance(30);
    expect(await met).toBe(false);
    expect(clock.pendingTimers).toBe(0);
  });
});
