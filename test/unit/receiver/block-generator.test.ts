import { beforeEach, describe, expect, test } from "vitest";
import { StreamError } from "../../../src/base/index.ts";
import { BlockGenerator } from "../../../src/receiver/block-generator.ts";
import { RateLimiter } from "../../../src/receiver/rate-limiter.ts";
import { UnprocessedBound } from "../../../src/receiver/unprocessed-bound.ts";
import { ManualClock } from "../../../src/testing/manual-clock.ts";

const code = (expected: string) => expect.objectContaining({ code: expected });

/** Whether a promise has settled by now. */
async function isPending(promise: void | Promise<void>): Promise<boolean> {
  let settled = false;
  const note = () => {
    settled = true;
  };
  void Promise.resolve(promise).then(note, note);
  await new Promise((resolve) => setImmediate(resolve));
  return !settled;
}

describe("BlockGenerator", () => {
  let clock: ManualClock;
  let limiter: RateLimiter;
  let bound: UnprocessedBound;
  let pushed: (readonly unknown[])[];
  let failures: StreamError[];
  let push: (records: readonly unknown[]) => Promise<void>;

  beforeEach(() => {
    clock = new ManualClock();
    limiter = new RateLimiter(clock);
    bound = new UnprocessedBound(1000, 1000);
    pushed = [];
    failures = [];
    push = async (records) => void pushed.push(records);
  });

  function generator(blockQueueSize = 10): BlockGenerator {
    const made = new BlockGenerator({
      clock,
      blockIntervalMs: 200,
      blockQueueSize,
      limiter,
      bound,
      push: (records) => push(records),
      failed: (error) => void failures.push(error),
    });
    made.start();
    return made;
  }

  test("cuts one block per interval, in order", async () => {
    const blocks = generator();
    expect([blocks.add(1), blocks.add(2)]).toEqual([undefined, undefined]);
    await clock.advance(200);
    void blocks.add(3);
    await clock.advance(200);
    expect(pushed).toEqual([[1, 2], [3]]);
  });

  test("an interval without records makes no block", async () => {
    const blocks = generator();
    await clock.advance(1000);
    void blocks.add(1);
    await clock.advance(1000);
    expect(pushed).toEqual([[1]]);
  });

  test("ticks that a stall has swallowed are not made up for, and the grid is kept", async () => {
    const blocks = generator();
    const ticks: number[] = [];
    push = async () => void ticks.push(clock.monotonicNow());
    void blocks.add(1);
    await clock.advance(200);
    void blocks.add(2);
    await clock.advance(1000);
    void blocks.add(3);
    await clock.advance(200);
    expect(ticks).toEqual([200, 400, 1400]);
  });

  test("ticks that come late do not move the grid", async () => {
    class LateClock extends ManualClock {
      override setTimer(delayMs: number, fire: () => void | Promise<void>) {
        return super.setTimer(delayMs + 30, fire);
      }
    }
    clock = new LateClock();
    const blocks = generator();
    const ticks: number[] = [];
    push = async () => void ticks.push(clock.monotonicNow());
    for (const stepMs of [230, 200, 200]) {
      void blocks.add("record");
      await clock.advance(stepMs);
    }
    expect(ticks).toEqual([230, 430, 630]);
  });

  test("starts once", () => {
    expect(() => generator().start()).toThrow(code("invariant_violated"));
  });

  test("takes nothing before it starts, nor after it has stopped", async () => {
    const blocks = new BlockGenerator({
      clock,
      blockIntervalMs: 200,
      blockQueueSize: 1,
      limiter,
      bound,
      push,
      failed: () => {},
    });
    await expect(blocks.add(1)).rejects.toThrow(code("receiver_not_running"));
    blocks.start();
    await blocks.stop();
    await expect(blocks.add(1)).rejects.toThrow(code("receiver_not_running"));
    await clock.advance(1000);
    expect(pushed).toEqual([]);
  });

  test("stopping cuts the last block and resolves when every block has been pushed", async () => {
    const release: (() => void)[] = [];
    push = (records) => {
      pushed.push(records);
      return new Promise((resolve) => release.push(resolve));
    };
    const blocks = generator();
    void blocks.add(1);
    await clock.advanceWithoutWaiting(200);
    void blocks.add(2);
    const stopped = blocks.stop();
    expect(await isPending(stopped)).toBe(true);
    expect(pushed).toEqual([[1]]);
    release[0]?.();
    expect(await isPending(stopped)).toBe(true);
    expect(pushed).toEqual([[1], [2]]);
    release[1]?.();
    await stopped;
    expect(clock.pendingTimers).toBe(0);
  });

  test("a push that fails is told, and later blocks still flow", async () => {
    const cause = new Error("disk full");
    const blocks = generator();
    push = () => Promise.reject(cause);
    void blocks.add(1);
    void blocks.add(2);
    await clock.advance(200);
    push = async (records) => void pushed.push(records);
    void blocks.add(3);
    await clock.advance(200);
    expect(failures).toEqual([code("block_not_stored")]);
    expect(failures[0]?.details).toEqual({ recordCount: 2 });
    expect(failures[0]?.cause).toBe(cause);
    expect(pushed).toEqual([[3]]);
    expect(bound.records).toBe(1);
  });

  test("while the queue is full a record waits, and is taken in order when there is room", async () => {
    const release: (() => void)[] = [];
    push = (records) => {
      pushed.push(records);
      return new Promise((resolve) => release.push(resolve));
    };
    const blocks = generator(1);
    void blocks.add(1);
    await clock.advanceWithoutWaiting(200);
    void blocks.add(2);
    await clock.advanceWithoutWaiting(200);
    const third = blocks.add(3);
    const fourth = blocks.add(4);
    expect(await isPending(third)).toBe(true);
    await clock.advanceWithoutWaiting(400);
    expect(pushed).toEqual([[1]]);
    release[0]?.();
    await third;
    await fourth;
    release[1]?.();
    await clock.advanceWithoutWaiting(200);
    release[2]?.();
    await blocks.stop();
    expect(pushed).toEqual([[1], [2], [3, 4]]);
  });

  test("under a rate limit each record waits for the debt of those before it", async () => {
    limiter = new RateLimiter(clock, 10);
    const blocks = generator();
    expect(blocks.add(1)).toBeUndefined();
    const second = blocks.add(2);
    const third = blocks.add(3);
    await clock.advance(99);
    expect(await isPending(second)).toBe(true);
    await clock.advance(1);
    await second;
    expect(await isPending(third)).toBe(true);
    await clock.advance(100);
    await third;
    await blocks.stop();
    expect(pushed.flat()).toEqual([1, 2, 3]);
  });

  test("beyond the bound a record waits until there is room, and ticks go on meanwhile", async () => {
    bound = new UnprocessedBound(2, 2);
    const blocks = generator();
    void blocks.add(1);
    void blocks.add(2);
    const third = blocks.add(3);
    await clock.advance(1000);
    expect(pushed).toEqual([[1, 2]]);
    expect(await isPending(third)).toBe(true);
    bound.release(2, 0);
    await third;
    await clock.advance(200);
    expect(pushed).toEqual([[1, 2], [3]]);
  });

  test("when nothing waits any more, waiting records are refused and the others still taken", async () => {
    bound = new UnprocessedBound(2, 2);
    const blocks = generator();
    void blocks.add(1);
    void blocks.add(2);
    const waiting = blocks.add(3);
    blocks.refuseWaiting(new StreamError("receiver_stopping"));
    await expect(waiting).rejects.toThrow(code("receiver_stopping"));
    await expect(blocks.add(4)).rejects.toThrow(code("receiver_stopping"));
    bound.release(2, 0);
    expect(blocks.add(5)).toBeUndefined();
    await blocks.stop();
    expect(pushed).toEqual([[1, 2, 5]]);
    expect(bound.records).toBe(1);
  });

  test("a record that is refused while it waits for the rate gives its room back", async () => {
    limiter = new RateLimiter(clock, 10);
    const blocks = generator();
    void blocks.add(1);
    const waiting = blocks.add(2);
    expect(bound.records).toBe(2);
    blocks.refuseWaiting(new StreamError("receiver_stopping"));
    await expect(waiting).rejects.toThrow(code("receiver_stopping"));
    expect(bound.records).toBe(1);
  });

  test("callers that never wait are refused in the end, and told of", async () => {
    bound = new UnprocessedBound(1, 1);
    const blocks = generator();
    for (let record = 0; record <= 100_000; record += 1) void blocks.add(record);
    expect(failures).toEqual([]);
    await expect(blocks.add("one more")).rejects.toThrow(code("receiver_overrun"));
    expect(failures).toEqual([code("receiver_overrun")]);
    // Nobody looks at the promises that reject now; an unhandled rejection would fail the run.
    blocks.refuseWaiting(new StreamError("receiver_stopping"));
    await new Promise((resolve) => setImmediate(resolve));
  });

  test("destroyed, it drops what is not pushed and gives all room back", async () => {
    const release: (() => void)[] = [];
    push = (records) => {
      pushed.push(records);
      return new Promise((resolve) => release.push(resolve));
    };
    const blocks = generator();
    for (const record of [1, 2, 3]) {
      void blocks.add(record);
      await clock.advanceWithoutWaiting(200);
    }
    void blocks.add(4);
    blocks.destroy();
    release[0]?.();
    await blocks.stop();
    expect(pushed).toEqual([[1]]);
    expect(bound.records).toBe(1);
    expect(clock.pendingTimers).toBe(0);
  });
});
