import { describe, expect, test } from "vitest";
import { PidRateEstimator, type PidRateOptions } from "../../../src/receiver/pid-rate-estimator.ts";

type Call = [timeMs: number, records: number, processingMs: number, schedulingMs: number];

function estimates(options: PidRateOptions, calls: readonly Call[]): (number | undefined)[] {
  const estimator = new PidRateEstimator(options);
  return calls.map(([processingEndMs, recordCount, processingMs, schedulingMs]) =>
    estimator.estimate({ processingEndMs, recordCount, processingMs, schedulingMs }),
  );
}

describe("PidRateEstimator", () => {
  test("the first valid batch gives no rate, and batches that say nothing give none", () => {
    const options = { batchIntervalMs: 20, proportional: 1, integral: 0, derived: 0, minRate: 10 };
    const given = estimates(options, [
      [0, 10, 10, 0],
      [10, 10, 10, 0],
      [10, 10, 10, 0],
      [20, 0, 10, 0],
      [20, -10, 10, 0],
      [20, 10, 0, 0],
      [20, 10, -10, 0],
    ]);
    expect(given).toEqual([undefined, 1000, ...Array.from({ length: 5 }, () => undefined)]);
  });

  test("the rate does not fall below the lowest rate", () => {
    const options = { batchIntervalMs: 20, proportional: 1, integral: 1, derived: 0, minRate: 5 };
    const calls = Array.from({ length: 50 }, (_, k): Call => [k * 20, 1, 20, 100]);
    const [first, ...rest] = estimates(options, calls);
    expect(first).toBeUndefined();
    expect(new Set(rest)).toEqual(new Set([5]));
  });

  test("the rate follows a processing speed that grows", () => {
    const options = { batchIntervalMs: 20, proportional: 1, integral: 1, derived: 0, minRate: 10 };
    const calls = Array.from({ length: 50 }, (_, k): Call => [k * 20, (k + 1) * 20, 20, 0]);
    const expected = calls.slice(1).map((_, k) => 1000 * (k + 2));
    expect(estimates(options, calls)).toEqual([undefined, ...expected]);
  });

  test("the rate follows a processing speed that falls", () => {
    const options = { batchIntervalMs: 20, proportional: 1, integral: 1, derived: 0, minRate: 10 };
    const calls = Array.from({ length: 50 }, (_, k): Call => [k * 20, (50 - k) * 20, 20, 0]);
    const expected = calls.slice(1).map((_, k) => 1000 * (49 - k));
    expect(estimates(options, calls)).toEqual([undefined, ...expected]);
  });

  test("with the default coefficients it is the measured rate less a share of what waited", () => {
    const given = estimates({ batchIntervalMs: 1000 }, [
      [1000, 1000, 500, 0],
      [2000, 1000, 500, 0],
      [3000, 2000, 2000, 1000],
      [4000, 1000, 1000, 2000],
      [5000, 500, 1000, 5000],
      [6000, 0, 10, 0],
      [7000, 50, 1000, 0],
    ]);
    expect(given).toEqual([undefined, 2000, 800, 600, 100, undefined, 100]);
  });

  test("the derived part answers to the change of the error per second", () => {
    const options = { batchIntervalMs: 1000, proportional: 1, integral: 0, derived: 0.5 };
    const given = estimates(options, [
      [1000, 1000, 1000, 0],
      [3000, 600, 1000, 0],
    ]);
    // error 400, its change 400 in 2 s: 1000 - 400 - 0.5 * 200
    expect(given).toEqual([undefined, 500]);
  });

  test.each([
    { batchIntervalMs: 0 },
    { batchIntervalMs: -1 },
    { batchIntervalMs: Number.NaN },
    { batchIntervalMs: 1000, proportional: -1 },
    { batchIntervalMs: 1000, integral: -1 },
    { batchIntervalMs: 1000, derived: -1 },
    { batchIntervalMs: 1000, minRate: 0 },
    { batchIntervalMs: 1000, minRate: -10 },
  ])("the options %j are refused", (options) => {
    const refused = expect.objectContaining({ code: "argument_invalid" });
    expect(() => new PidRateEstimator(options)).toThrow(refused);
  });
});
