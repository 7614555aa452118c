import { expect, test } from "vitest";
import { OwedBatches } from "../../../src/scheduler/owed-batches.ts";

/** A state that has come about up to a time, and counts how often it is asked. */
class FakeState {
  reachedMs = 0;
  asked = 0;

  owes(timeMs: number): boolean {
    this.asked += 1;
    return timeMs > this.reachedMs;
  }
}

const end = (batchTimeMs: number) => ({ batchTimeMs, leftOutOf: [] });
const timesOf = (batches: OwedBatches) =>
  batches.takeSettled().map(({ batchTimeMs }) => batchTimeMs);

test("a batch is settled when all states that it waits for have come about, and is told once", () => {
  const [left, right] = [new FakeState(), new FakeState()];
  const batches = new OwedBatches();
  batches.add(end(1), [left, right]);
  batches.add(end(2), [left]);
  batches.add(end(3), [left, right]);
  left.reachedMs = 3;
  expect(timesOf(batches)).toEqual([2]);
  expect(batches.oldestMs).toEqual(new Map([[right, 1]]));
  right.reachedMs = 2;
  expect(timesOf(batches)).toEqual([1]);
  right.reachedMs = 3;
  expect(timesOf(batches)).toEqual([3]);
  expect(timesOf(batches)).toEqual([]);
  expect(batches.oldestMs.size).toBe(0);
});

test("the oldest batch is the earliest one, also where a later one ended before it", () => {
  const state = new FakeState();
  const batches = new OwedBatches();
  batches.add(end(2), [state]);
  batches.add(end(1), [state]);
  expect(batches.oldestMs).toEqual(new Map([[state, 1]]));
  state.reachedMs = 2;
  expect(timesOf(batches)).toEqual([1, 2]);
});

test("however many batches wait, a state is asked for one of them", () => {
  const state = new FakeState();
  const batches = new OwedBatches();
  for (let timeMs = 1; timeMs <= 1000; timeMs += 1) batches.add(end(timeMs), [state]);
  expect(timesOf(batches)).toEqual([]);
  expect(state.asked).toBe(1);
});
