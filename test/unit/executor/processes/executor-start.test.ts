import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, onTestFinished, test } from "vitest";
import {
  Settlement,
  type StreamError,
  type Timer,
  thisProcess,
} from "../../../../src/base/index.ts";
import { helloLimitMs } from "../../../../src/executor/wire/handshake.ts";
import { ManualClock } from "../../../../src/testing/index.ts";
import { executorsOf, programFile } from "./running.ts";

/** What `start` fails with. */
async function startFailure(
  program: string,
  options: Parameters<typeof executorsOf>[1] = {},
): Promise<StreamError> {
  return executorsOf(program, options)
    .executors.start()
    .then(
      () => {
        throw new Error("it started");
      },
      (error: StreamError) => error,
    );
}

/** Knows when a connection was let in: the limit of its hello is called off. */
class HelloClock extends ManualClock {
  readonly welcomed = new Settlement();

  override setTimer(delayMs: number, fire: () => void | Promise<void>): Timer {
    const timer = super.setTimer(delayMs, fire);
    if (delayMs !== helloLimitMs) return timer;
    return {
      cancel: () => {
        timer.cancel();
        this.welcomed.resolve();
      },
    };
  }
}

/** What `start` fails with once the program has begun and 30 s of the clock have passed. */
async function overdueFailure(program: string): Promise<StreamError> {
  const clock = new HelloClock();
  const { executors, hearing } = executorsOf(program, { clock });
  let ended = false;
  const failure = executors.start().then(
    () => new Error("it started"),
    (error: unknown) => error,
  );
  void failure.then(() => {
    ended = true;
  });
  await hearing.first("line");
  await clock.welcomed.promise;
  await clock.advance(29_999);
  expect(ended).toBe(false);
  await clock.advance(1);
  return (await failure) as StreamError;
}

describe("an executor that does not reach start() in 30 s", () => {
  test("is an error that names the await it stands at", async () => {
    const error = await overdueFailure("waits-for-ever");
    expect(error).toMatchObject({ code: "executor_start_overdue", details: { limitMs: 30_000 } });
    const file = programFile("waits-for-ever");
    expect(error.details["standsAt"]).toMatch(/^await at configuration /);
    expect(error.details["standsAt"]).toContain(`${file}:7:`);
    expect(error.details["standsAt"]).toContain(`${file}:10:`);
    expect(thisProcess.isRunning(Number(error.details["pid"]))).toBe(false);
  });

  test("is an error that names the line it is busy at", async () => {
    const error = await overdueFailure("spins");
    expect(error.code).toBe("executor_start_overdue");
    expect(error.details["standsAt"]).toMatch(/^busy at spin /);
    expect(error.details["standsAt"]).toContain(`${programFile("spins")}:4`);
  });
});

describe("an executor that ends before start()", () => {
  test("for an await that nothing can end is an error that names it", async () => {
    const error = await startFailure("can-never-go-on");
    expect(error).toMatchObject({ code: "executor_start_failed", details: { exitCode: 13 } });
    expect(error.details["lastOutput"]).toContain(`${programFile("can-never-go-on")}:2:`);
    expect(error.details["lastOutput"]).toContain("never ends: await at");
  });

  test("with an error or without one is an error with what it printed", async () => {
    const thrown = await startFailure("throws");
    expect(thrown).toMatchObject({ code: "executor_start_failed", details: { exitCode: 1 } });
    expect(thrown.details["lastOutput"]).toContain("no configuration");
    const early = await startFailure("ends-early");
    expect(early).toMatchObject({
      code: "executor_start_failed",
      details: { exitCode: 0, lastOutput: "nothing to do" },
    });
  });

  test("with another graph is an error with both fingerprints, also beside one that is ready", async () => {
    expect(await startFailure("serves", { count: 2, args: ["other"] })).toMatchObject({
      code: "fingerprint_differs",
      details: { expected: "same", found: "other" },
    });
  });
});

describe("start", () => {
  test("ends with the stop that comes during it", async () => {
    const temporaryDirectory = mkdtempSync(join(tmpdir(), "e-"));
    onTestFinished(() => rmSync(temporaryDirectory, { recursive: true }));
    const { executors } = executorsOf("waits-for-ever", { temporaryDirectory });
    const failure = executors.start().catch((error: unknown) => error);
    await executors.stop();
    expect(await failure).toMatchObject({ code: "executors_stopped" });
    expect(readdirSync(temporaryDirectory)).toEqual([]);
  });

  test("is refused where no socket's path is short enough", async () => {
    const temporaryDirectory = `/tmp/${"x".repeat(100)}`;
    expect(await startFailure("serves", { temporaryDirectory })).toMatchObject({
      code: "socket_path_too_long",
    });
  });
});
