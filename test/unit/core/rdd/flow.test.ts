import { describe, expect, test } from "vitest";
import type { Clock } from "../../../../src/base/index.ts";
import {
  Flow,
  inJob,
  Pacer,
  pushArray,
  pushIterable,
  type TaskContext,
} from "../../../../src/core/index.ts";
import { ManualClock } from "../../../../src/testing/manual-clock.ts";
import { datasets } from "./datasets.ts";
import { SlowClock } from "./slow-clock.ts";

function flowOn(clock: Clock, signal = new AbortController().signal): Flow {
  const task: TaskContext = {
    batchTimeMs: undefined,
    stageId: 0,
    partition: 0,
    attempt: 0,
    uid: undefined,
    signal,
    accumulated: new Map(),
  };
  return new Flow(task, new Pacer(clock, signal));
}

const numbers = (count: number) => Array.from({ length: count }, (_, index) => index);

describe("a flow of records", () => {
  test("asks the clock at least every 256 records, and less than that where records are cheap", async () => {
    const clock = new SlowClock(0);
    await pushArray(numbers(25_600), flowOn(clock), () => {});
    expect(clock.looks).toBeGreaterThanOrEqual(100);
    expect(clock.looks).toBeLessThan(120);
    expect(clock.turns).toBe(0);
  });

  test("asks after each record, and lets the event loop turn every 10 ms, where records are dear", async () => {
    const clock = new SlowClock(2);
    let pushed = 0;
    const turnsAt: number[] = [];
    await pushArray(numbers(50), flowOn(clock), () => {
      pushed++;
      turnsAt[clock.turns] ??= pushed;
    });
    expect(pushed).toBe(50);
    expect(clock.turns).toBeGreaterThanOrEqual(8);
    expect(Math.max(...turnsAt.slice(1).map((at, i) => at - (turnsAt[i] ?? 0)))).toBeLessThan(10);
  });

  test.each([
    ["an array", (flow: Flow, push: () => void) => pushArray(numbers(5000), flow, push)],
    [
      "a generator",
      (flow: Flow, push: () => void) => pushIterable(numbers(5000).values(), flow, push),
    ],
  ])("from %s lets the event loop turn between slices", async (_, pushAll) => {
    const clock = new SlowClock(1);
    await pushAll(flowOn(clock), () => {});
    expect(clock.turns).toBeGreaterThan(0);
  });

  test("from an asynchronous generator lets the event loop turn between slices", async () => {
    const clock = new SlowClock(1);
    const given = datasets({ clock });
    const records = given.of([0]).mapPartitions(async function* () {
      for (let x = 0; x < 5000; x++) yield x;
    });
    expect(await records.count()).toBe(5000);
    expect(clock.turns).toBeGreaterThan(1);
  });

  test("ends with job_cancelled when its job is cancelled, and closes the generator it reads", async () => {
    const cancel = new AbortController();
    let closed = false;
    const forever = function* () {
      try {
        for (let x = 0; ; x++) yield x;
      } finally {
        closed = true;
      }
    };
    const flow = flowOn(new SlowClock(1), cancel.signal);
    const reason = new Error("stopped by hand");
    const pushing = pushIterable(forever(), flow, (x) => {
      if (x === 1000) cancel.abort(reason);
    });
    await expect(pushing).rejects.toMatchObject({ code: "job_cancelled", cause: reason });
    expect(closed).toBe(true);
  });

  test("pushes nothing when it was stopped before it began", async () => {
    const flow = flowOn(new ManualClock());
    flow.stopped = true;
    const seen: number[] = [];
    await pushArray([1], flow, (x) => seen.push(x));
    await pushIterable(new Set([1]), flow, (x) => seen.push(x));
    expect(seen).toEqual([]);
  });

  test("that is nested is stopped by itself", () => {
    const flow = flowOn(new ManualClock());
    const nested = flow.nested();
    nested.stopped = true;
    expect(flow.stopped).toBe(false);
    expect(nested.task).toBe(flow.task);
  });
});

describe("a job whose signal has been aborted", () => {
  test("runs no task", async () => {
    const cancel = new AbortController();
    let calls = 0;
    const given = datasets();
    const counting = given.of([1, 2], 2).map((x) => {
      calls++;
      cancel.abort(new Error("enough"));
      return x;
    });
    const job = { batchTimeMs: 0, uid: "u", attempt: 0, signal: cancel.signal, accumulated: [] };
    const collecting = inJob(job, () => counting.collect());
    await expect(collecting).rejects.toMatchObject({ code: "job_cancelled" });
    expect(calls).toBe(1);
    const shuffling = inJob(job, () => counting.distinct().collect());
    await expect(shuffling).rejects.toMatchObject({ code: "job_cancelled" });
    expect(calls).toBe(1);
  });
});
