import { describe, expect, test } from "vitest";
import { RateLimiter } from "../../../src/receiver/rate-limiter.ts";
import { ManualClock } from "../../../src/testing/manual-clock.ts";

describe("RateLimiter", () => {
  test("the first record passes at once and the next one pays for it", () => {
    const limiter = new RateLimiter(new ManualClock(), 10);
    expect(limiter.reserve()).toBe(0);
    expect(limiter.reserve()).toBe(100);
    expect(limiter.reserve()).toBe(200);
  });

  test("nothing is saved at the start", async () => {
    const clock = new ManualClock();
    const limiter = new RateLimiter(clock, 4);
    const waits = [limiter.reserve(), limiter.reserve()];
    expect(waits).toEqual([0, 250]);
  });

  test("at most one second's worth of unused permits is saved", async () => {
    const clock = new ManualClock();
    const limiter = new RateLimiter(clock, 10);
    await clock.advance(60_000);
    const waits = Array.from({ length: 12 }, () => limiter.reserve());
    expect(waits).toEqual([...Array.from({ length: 11 }, () => 0), 100]);
  });

  test("a wait pays for earlier records, not for its own", async () => {
    const clock = new ManualClock();
    const limiter = new RateLimiter(clock, 10);
    limiter.reserve();
    await clock.advance(60);
    expect(limiter.reserve()).toBeCloseTo(40);
  });

  test("a record that would have to wait is not charged by tryPass", async () => {
    const clock = new ManualClock();
    const limiter = new RateLimiter(clock, 10);
    expect(limiter.tryPass()).toBe(true);
    expect(limiter.tryPass()).toBe(false);
    expect(limiter.tryPass()).toBe(false);
    await clock.advance(100);
    expect(limiter.tryPass()).toBe(true);
  });

  test("a new rate scales the saved permits with it", async () => {
    const clock = new ManualClock();
    const limiter = new RateLimiter(clock, 10);
    await clock.advance(500);
    limiter.setRate(40);
    const waits = Array.from({ length: 22 }, () => limiter.reserve());
    expect(waits.filter((waitMs) => waitMs === 0)).toHaveLength(21);
    expect(waits[21]).toBe(25);
  });

  test("a new rate does not change a debt that is already owed", () => {
    const limiter = new RateLimiter(new ManualClock(), 1);
    limiter.reserve();
    limiter.setRate(1000);
    expect(limiter.reserve()).toBe(1000);
    expect(limiter.reserve()).toBe(1001);
  });

  test("over a long time the rate is kept, whatever the calls' spacing", async () => {
    const clock = new ManualClock();
    const limiter = new RateLimiter(clock, 100);
    let passed = 0;
    for (let step = 0; step < 1000; step += 1) {
      await clock.advance(7);
      while (limiter.tryPass()) passed += 1;
    }
    expect(passed).toBeGreaterThanOrEqual(699);
    expect(passed).toBeLessThanOrEqual(701);
  });

  test("without a rate every record passes, and a limit set later begins without a burst", async () => {
    const clock = new ManualClock();
    const limiter = new RateLimiter(clock);
    expect(limiter.reserve()).toBe(0);
    expect(limiter.reserve()).toBe(0);
    await clock.advance(5000);
    limiter.setRate(10);
    expect([limiter.reserve(), limiter.reserve()]).toEqual([0, 100]);
  });

  test.each([0, -1, Number.NaN])("the rate %s is refused", (rate) => {
    const refused = expect.objectContaining({ code: "argument_invalid" });
    expect(() => new RateLimiter(new ManualClock(), rate)).toThrow(refused);
    expect(() => new RateLimiter(new ManualClock()).setRate(rate)).toThrow(refused);
  });
});
