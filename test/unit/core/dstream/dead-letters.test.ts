/** Batches that a dead-letter function took over: what later windows make of them, and who has their data all the same. */
import { describe, expect, test } from "vitest";
import { type BatchFailure, type DStream, seconds } from "../../../../src/index.ts";
import { DrivenContext, gate, settle } from "../../context/driven-context.ts";
import { ones, sorted } from "./per-batch.ts";

type Pairs = DStream<[string, number]>;
const add = (a: number, b: number): number => a + b;

function poisoned(pairs: Pairs): Pairs {
  return pairs.map(([key, n]) => {
    if (key === "!") throw new Error("poison");
    return [key, n];
  });
}

function driven(
  failures: BatchFailure[],
  options: { concurrentJobs?: number } = {},
): DrivenContext {
  return new DrivenContext({
    attempts: 1,
    onFailure: { deadLetter: (failure) => void failures.push(failure) },
    ...options,
  });
}

const windows: Record<string, (pairs: Pairs) => Pairs> = {
  "a window that is reduced": (pairs) =>
    poisoned(pairs).reduceByKeyAndWindow(add, seconds(3), seconds(1)),
  "a window that is grouped": (pairs) =>
    poisoned(pairs)
      .groupByKeyAndWindow(seconds(3))
      .map(([key, values]) => [key, values.reduce(add)]),
  "a function behind a window": (pairs) => poisoned(pairs.window(seconds(3))).reduceByKey(add),
  "a window of a window": (pairs) =>
    poisoned(pairs.window(seconds(2)).window(seconds(2))).reduceByKey(Math.max),
  "a window over what is made on the driver": (pairs) =>
    pairs
      .transform(async (dataset) => {
        if ((await dataset.countByKey()).has("!")) throw new Error("poison");
        return dataset;
      })
      .reduceByKeyAndWindow(add, seconds(3)),
};

describe("a batch that was dead-lettered", () => {
  test.each(Object.entries(windows))("is left out of %s", async (_name, build) => {
    const failures: BatchFailure[] = [];
    await using context = driven(failures);
    const seen = context.collect(build(context.input([ones("a"), ones("b!"), ones("c"), [], []])));
    await context.ssc.start();
    await context.batches(5);
    expect(failures.map(({ batchTime }) => batchTime)).toEqual([2000]);
    const keys = [...seen].map(([timeMs, pairs]) => [
      timeMs,
      pairs
        .map(([key]) => key)
        .sort()
        .join(""),
    ]);
    expect(keys).toEqual([
      [1000, "a"],
      [3000, "ac"],
      [4000, "c"],
      [5000, seen.get(5000)?.length === 0 ? "" : "c"],
    ]);
  });

  test("is left out of a window that was made before it failed", async () => {
    const failures: BatchFailure[] = [];
    await using context = driven(failures);
    const pairs = context.input([ones("a"), ones("!"), ones("c")]);
    const { open, opened } = gate();
    pairs.foreachRDD(() => opened);
    const seen = context.collect(poisoned(pairs).reduceByKeyAndWindow(add, seconds(3)));
    await context.ssc.start();
    // All three are made before the first one ends.
    await context.clock.advanceWithoutWaiting(3000);
    await settle();
    open();
    await context.batches(1);
    expect(failures).toHaveLength(1);
    expect(sorted([seen.get(3000) ?? []])).toEqual([ones("ac")]);
  });

  test("stays in a window that was computed with it, as in a state", async () => {
    const failures: BatchFailure[] = [];
    await using context = driven(failures);
    const pairs = context.input([ones("a"), ones("b"), ones("c")]);
    const plain = context.collect(pairs.reduceByKeyAndWindow(add, seconds(3)));
    const forward = context.collect(
      pairs.reduceByKeyAndWindow(add, (a, b) => a - b, seconds(3)).uid("forward"),
    );
    pairs.foreachRDD((_dataset, timeMs) => {
      if (timeMs === 2000) throw new Error("the sink is away");
    });
    await context.ssc.start();
    await context.batches(3);
    expect(failures.map(({ keptBy }) => keptBy)).toEqual([["forward"]]);
    expect(sorted([plain.get(3000) ?? [], forward.get(3000) ?? []])).toEqual([
      ones("abc"),
      ones("abc"),
    ]);
  });

  test("tells which states have its data, by uid", async () => {
    const failures: BatchFailure[] = [];
    await using context = driven(failures);
    const pairs = context.input([ones("a"), ones("!b"), ones("c")]);
    const count = (values: readonly number[], state: number | undefined) =>
      values.length + (state ?? 0);
    const good = context.collect(pairs.updateStateByKey(count).uid("good"));
    const bad = context.collect(poisoned(pairs).updateStateByKey(count).uid("bad"));
    await context.ssc.start();
    await context.batches(3);
    expect(failures.map(({ batchTime, keptBy }) => [batchTime, keptBy])).toEqual([
      [2000, ["good"]],
    ]);
    expect(sorted([good.get(3000) ?? [], bad.get(3000) ?? []])).toEqual([
      [["!", 1], ...ones("abc")],
      ones("ac"),
    ]);
  });
});
