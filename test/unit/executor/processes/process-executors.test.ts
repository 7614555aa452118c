import { existsSync } from "node:fs";
import { dirname } from "node:path";
import { describe, expect, test } from "vitest";
import { thisProcess } from "../../../../src/base/index.ts";
import { ManualClock } from "../../../../src/testing/index.ts";
import { executorsOf, firstOf } from "./running.ts";

const never = 1_000_000_000;
/** Executors whose heartbeats are not waited for: the clock of the test moves in leaps. */
const patient = { intervalMs: 1000, limitMs: never };

async function collect(items: AsyncIterable<unknown>): Promise<unknown[]> {
  const collected: unknown[] = [];
  for await (const item of items) collected.push(item);
  return collected;
}

describe("executor processes", () => {
  test("answer the driver and each other, ask the driver, and leave nothing behind", async () => {
    const { executors, hearing } = executorsOf("serves", { count: 2, args: ["same"] });
    executors.serve({ double: (value, { from }) => [from, Number(value) * 2] });
    await executors.start();
    const [first, second] = executors.living;
    if (first?.peerAddress === undefined || second === undefined) throw new Error("too few");
    expect(hearing.all("joined").map(({ executor }) => executor.id)).toEqual([first.id, second.id]);
    expect(await executors.request(first.id, "echo", 1)).toEqual(["driver", 1]);
    expect(await executors.target(first.id).request("ask peer", second.id)).toEqual([
      first.id,
      "hello",
    ]);
    expect(await collect(executors.stream(first.id, "stream peer", second.id))).toEqual([
      0, 1, 2, 3, 4,
    ]);
    expect(await executors.request(second.id, "ask driver", 21)).toEqual([second.id, 42]);
    executors.notify(first.id, "print", "a line");
    await hearing.first("line", ({ id, line }) => id === first.id && line === "a line");
    const facts = { variable: "none", argv: ["same"] };
    expect(await executors.request(first.id, "facts", 0)).toEqual({ pid: first.pid, ...facts });
    expect(await executors.request(first.id, "loop in thread", 0)).toBeTypeOf("number");

    await executors.stop();
    await executors.stop();
    expect(existsSync(dirname(first.peerAddress))).toBe(false);
    for (const { pid = 0 } of [first, second]) expect(thisProcess.isRunning(pid)).toBe(false);
    expect(executors.living).toEqual([]);
    expect(hearing.all("lost")).toEqual([]);
    expect(hearing.all("line").filter(({ line }) => line === "leaves in order")).toHaveLength(2);
    await expect(executors.request(first.id, "echo", 1)).rejects.toMatchObject({
      code: "executors_stopped",
    });
  });

  test("leave signals to the driver", async () => {
    const { executors } = executorsOf("serves");
    await executors.start();
    const { id, pid } = firstOf(executors);
    for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.kill(pid, signal);
    expect(await executors.request(id, "echo", 1)).toEqual(["driver", 1]);
  });
});

describe("an executor that is killed", () => {
  test("fails its calls with its last output, is told once, and is replaced after a while", async () => {
    const clock = new ManualClock();
    const { executors, hearing } = executorsOf("serves", { clock, liveness: patient });
    await executors.start();
    const { id, pid } = firstOf(executors);
    await executors.request(id, "print", "last words");
    const answer = executors.request(id, "hang", 1).catch((error: unknown) => error);
    process.kill(pid, "SIGKILL");
    const expected = {
      code: "executor_lost",
      details: { executor: id, pid, exitSignal: "SIGKILL", lastOutput: "last words" },
    };
    expect(await answer).toMatchObject(expected);
    expect((await hearing.first("lost")).error).toMatchObject(expected);
    expect(executors.living).toEqual([]);
    await expect(executors.request(id, "echo", 1)).rejects.toMatchObject({ code: "executor_lost" });
    executors.notify(id, "print", "nobody hears");

    await clock.advance(199);
    expect(hearing.all("joined")).toHaveLength(1);
    await clock.advance(1);
    const { executor } = await hearing.first("joined", (told) => told.executor.id !== id);
    expect(await executors.request(executor.id, "echo", 2)).toEqual(["driver", 2]);
    expect(hearing.all("lost")).toHaveLength(1);
  });

  test("is gone for other executors as well", async () => {
    const { executors, hearing } = executorsOf("serves", { count: 2 });
    await executors.start();
    const [first, second] = executors.living;
    if (first === undefined || second?.pid === undefined) throw new Error("too few");
    await executors.request(first.id, "ask peer", second.id);
    process.kill(second.pid, "SIGKILL");
    await hearing.first("lost");
    await expect(executors.request(first.id, "ask peer", second.id)).rejects.toMatchObject({
      code: "executor_lost",
      details: { executor: second.id },
    });
  });
});

describe("an executor that is stopped by a signal", () => {
  test("is lost when it has given no heartbeat within the limit, and killed", async () => {
    const clock = new ManualClock();
    const { executors, hearing } = executorsOf("serves", {
      clock,
      liveness: { intervalMs: 1000, limitMs: 15_000 },
      replacement: { delayMs: never, delayMsMax: never },
    });
    await executors.start();
    const { id, pid } = firstOf(executors);
    const answer = executors.request(id, "hang", 1).catch((error: unknown) => error);
    process.kill(pid, "SIGSTOP");
    // The first question may have been answered before; the next one is not.
    await clock.advance(1000);
    await clock.advance(15_000);
    expect((await hearing.first("lost")).error).toMatchObject({
      code: "executor_lost",
      details: { executor: id, reason: "no heartbeat for 15000 ms" },
    });
    expect(await answer).toMatchObject({ code: "executor_lost" });
    expect(thisProcess.isRunning(pid)).toBe(false);
  });
});

describe("an executor whose main thread is blocked", () => {
  test("is told with its operator, is not lost, and is killed at the end", async () => {
    const clock = new ManualClock();
    const { executors, hearing } = executorsOf("serves", {
      clock,
      liveness: { ...patient, blockedAfterMs: 1 },
    });
    await executors.start();
    const { id, pid } = firstOf(executors);
    const answer = executors.request(id, "block", "map-7").catch((error: unknown) => error);
    let blocked = false;
    const told = hearing.first("blocked", ({ blockage }) => blockage.operator === "map-7");
    void told.then(() => {
      blocked = true;
    });
    while (!blocked) await clock.advance(1000);
    expect((await told).blockage.forMs).toBeGreaterThan(0);
    expect(hearing.all("lost")).toEqual([]);

    const stopped = executors.stop();
    await clock.advance(2000);
    await stopped;
    expect(thisProcess.isRunning(pid)).toBe(false);
    expect(await answer).toMatchObject({ code: "executors_stopped" });
  });
});

describe("executors that die again and again", () => {
  test("end all, with the last output", async () => {
    const clock = new ManualClock();
    const { executors, hearing } = executorsOf("dies", {
      clock,
      liveness: patient,
      replacement: { delayMs: 100, delayMsMax: 300, deathsMax: 3 },
    });
    await executors.start();
    for (let deaths = 1; deaths < 3; deaths += 1) {
      await hearing.first("lost", ({ id }) => id === `executor-${deaths}`);
      await clock.advance(300);
    }
    expect((await hearing.first("failed")).error).toMatchObject({
      code: "executors_failing",
      details: { deathsInRow: 3, lastOutput: "out of luck" },
      cause: { code: "executor_lost", details: { exitCode: 3 } },
    });
    await clock.advance(never / 10);
    expect(hearing.all("joined").map(({ executor }) => executor.id)).toEqual([
      "executor-1",
      "executor-2",
      "executor-3",
    ]);
    await expect(executors.request("executor-3", "echo", 1)).rejects.toMatchObject({
      code: "executors_failing",
    });
  });
});
