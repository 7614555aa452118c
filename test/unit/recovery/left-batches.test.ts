import { describe, expect, test } from "vitest";
import type { BatchProgressState } from "../../../src/recovery/driver-knowledge.ts";
import { downSpans, leftBatches } from "../../../src/recovery/left-batches.ts";

const completed = (batchTimeMs: number, leftOutOf: readonly string[] = []): BatchProgressState => ({
  batchTimeMs,
  outputsDone: ["out"],
  completed: { leftOutOf },
});

const pending = (batchTimeMs: number): BatchProgressState => ({
  batchTimeMs,
  outputsDone: [],
  completed: undefined,
});

describe("what an earlier life left to do", () => {
  test("is each pending batch with its outputs, and each completed one from there on for its states alone", () => {
    const progress = [completed(1000), completed(2000, ["counts"]), pending(3000), completed(4000)];
    expect(leftBatches(progress, 2000)).toEqual([
      { timeMs: 2000, todo: "states", leftOutOf: ["counts"] },
      { timeMs: 3000, todo: "outputs", leftOutOf: [] },
      { timeMs: 4000, todo: "states", leftOutOf: [] },
    ]);
  });

  test("is a pending batch also where its states stand already", () => {
    expect(leftBatches([pending(1000)], Number.POSITIVE_INFINITY)).toEqual([
      { timeMs: 1000, todo: "outputs", leftOutOf: [] },
    ]);
  });

  test("is nothing where all is completed and all states are snapshotted", () => {
    expect(leftBatches([completed(1000)], Number.POSITIVE_INFINITY)).toEqual([]);
  });
});

describe("the spans without batches", () => {
  test("lie between batches that are further apart than the interval, and before the first new one", () => {
    expect(downSpans([1000, 2000, 5000], 9000, 1000)).toEqual([
      { afterMs: 2000, beforeMs: 5000 },
      { afterMs: 5000, beforeMs: 9000 },
    ]);
  });

  test("are none where each batch follows the one before", () => {
    expect(downSpans([1000, 2000, 3000], 4000, 1000)).toEqual([]);
    expect(downSpans([], 4000, 1000)).toEqual([]);
  });
});
