import { describe, expect, test } from "vitest";
import { silentLogger } from "../../../src/base/index.ts";
import { type S3Pace, S3Requests } from "../../../src/store/s3-requests.ts";
import { ManualClock } from "../../../src/testing/index.ts";

const operation = { operation: "create", name: "a" } as const;
const slowDown = (): Promise<never> =>
  Promise.reject(
    Object.assign(new Error("slow"), { name: "SlowDown", $metadata: { httpStatusCode: 503 } }),
  );

function given(pace: Partial<S3Pace> = {}): { clock: ManualClock; requests: S3Requests } {
  const clock = new ManualClock();
  const random = { next: () => 0.5, nextInt: (from: number) => from };
  const requests = new S3Requests(
    {
      clock,
      random,
      logger: silentLogger,
      requestTimeoutMs: 1_000,
      deadlineMs: 10_000,
      attemptsMax: 100,
      ...pace,
    },
    "s3://bucket/app",
  );
  return { clock, requests };
}

/** Lets promises run between the steps of the clock. */
async function pass(clock: ManualClock, ms: number): Promise<void> {
  for (let left = ms; left > 0; left -= 10) {
    await clock.advance(Math.min(10, left));
    await clock.yieldToEventLoop();
  }
}

describe("tries", () => {
  test("wait a random share of a bound that doubles up to 5 s", async () => {
    const { clock, requests } = given({ deadlineMs: 60_000 });
    const timesMs: number[] = [];
    const failing = requests.decide(operation, () => {
      timesMs.push(clock.now());
      return slowDown();
    });
    failing.catch(() => {});
    await pass(clock, 20_000);
    const waitsMs = timesMs.slice(1).map((time, index) => time - (timesMs[index] ?? 0));
    expect(waitsMs.slice(0, 9)).toEqual([50, 100, 200, 400, 800, 1_600, 2_500, 2_500, 2_500]);
    requests.close();
    await expect(failing).rejects.toMatchObject({ code: "store_closed" });
  });

  test("end before the deadline, whatever is left of their number", async () => {
    const { clock, requests } = given({ deadlineMs: 3_000 });
    const failing = requests.decide(operation, slowDown).catch((error: unknown) => error);
    await pass(clock, 3_000);
    expect(await failing).toMatchObject({
      code: "store_unreachable",
      details: { attempts: 6, store: "s3://bucket/app" },
    });
  });

  test("have their time, and no longer than the deadline leaves them", async () => {
    const { clock, requests } = given({ deadlineMs: 1_500 });
    const signals: AbortSignal[] = [];
    const startedMs: number[] = [];
    // What it asks never answers and heeds no signal, as a request that waits for a connection.
    const failing = requests
      .decide(operation, (signal) => {
        signals.push(signal);
        startedMs.push(clock.now());
        return new Promise<never>(() => {});
      })
      .catch((error: unknown) => error);
    await pass(clock, 1_500);
    expect(await failing).toMatchObject({ code: "store_unreachable" });
    expect(startedMs).toEqual([0, 1_050]);
    expect(signals.every(({ aborted }) => aborted)).toBe(true);
    expect(clock.pendingTimers).toBe(0);
  });

  test("are not repeated once there is a decision", async () => {
    const { requests } = given();
    let tries = 0;
    const outcome = await requests.decide(operation, () => {
      tries++;
      return Promise.reject(Object.assign(new Error(), { name: "PreconditionFailed" }));
    });
    expect(outcome).toMatchObject({ failure: { kind: "precondition" } });
    expect(tries).toBe(1);
  });

  test("leave no timer behind when they succeed", async () => {
    const { clock, requests } = given();
    expect(await requests.demand(operation, () => Promise.resolve(1))).toBe(1);
    expect(clock.pendingTimers).toBe(0);
  });

  test("are told to the logger, each that is repeated", async () => {
    const lines: string[] = [];
    const { clock, requests } = given({
      logger: { ...silentLogger, warn: (message) => void lines.push(message) },
      attemptsMax: 3,
    });
    const failing = requests.decide(operation, slowDown).catch(() => {});
    await pass(clock, 500);
    await failing;
    expect(lines).toEqual([
      "store s3://bucket/app: create a is tried again after attempt 1: slow",
      "store s3://bucket/app: create a is tried again after attempt 2: slow",
    ]);
  });
});

test("closing ends a request that is under way, and refuses the next, at once", async () => {
  const { requests, clock } = given();
  let aborted = false;
  const hanging = requests.demand(operation, (signal) => {
    signal.addEventListener("abort", () => {
      aborted = true;
    });
    return new Promise<never>(() => {});
  });
  requests.close();
  await expect(hanging).rejects.toMatchObject({ code: "store_closed" });
  expect(aborted).toBe(true);
  await expect(requests.demand(operation, slowDown)).rejects.toMatchObject({
    code: "store_closed",
  });
  expect(clock.pendingTimers).toBe(0);
});
