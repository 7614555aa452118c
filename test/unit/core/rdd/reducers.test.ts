/** Functions that reduce: what they may change of what they are given, and that nobody else ever sees it. */
import { describe, expect, test } from "vitest";
import type { RDD } from "../../../../src/core/index.ts";
import { datasets } from "./datasets.ts";
import { errorOf } from "./error-of.ts";

interface Sum {
  n: number;
}

/** Changes its left argument, and returns it. */
const addTo = (left: Sum, right: Sum): Sum => {
  left.n += right.n;
  return left;
};

/** Keeps the right one, and changes it when it is the left one next time. */
const addToLatest = (left: Sum, right: Sum): Sum => (right.n > left.n ? right : addTo(left, right));

const sums = (): [string, Sum][] =>
  [1, 2, 4, 8].flatMap((n): [string, Sum][] => [
    ["a", { n }],
    ["b", { n: 10 * n }],
  ]);

const byKey: Record<string, (pairs: RDD<[string, Sum]>) => RDD<[string, Sum]>> = {
  reduceByKey: (pairs) => pairs.reduceByKey(addTo),
  "reduceByKey that returns its right argument": (pairs) =>
    pairs.reduceByKey((left, right) => (left.n < 0 ? left : addToLatest(left, right))),
  foldByKey: (pairs) => pairs.foldByKey({ n: 0 }, addTo),
  "foldByKey that returns its right argument": (pairs) =>
    pairs.foldByKey({ n: 0 }, (left, right) => (left.n === 0 ? right : addTo(left, right))),
  aggregateByKey: (pairs) => pairs.aggregateByKey<string, Sum, Sum>({ n: 0 }, addTo, addTo),
  "combineByKey that begins with the value": (pairs) =>
    pairs.combineByKey({ create: (value) => value, mergeValue: addTo, mergeCombiners: addTo }),
  "combineByKey behind the shuffle": (pairs) =>
    pairs.combineByKey({
      create: (value) => value,
      mergeValue: addTo,
      mergeCombiners: addTo,
      mapSideCombine: false,
    }),
};

describe.each(Object.entries(byKey))("%s", (_name, reduce) => {
  test.each([1, 3, 8])(
    "changes no record of %i partitions, however often it runs",
    async (count) => {
      const records = sums();
      const given = datasets().of(records, count);
      const first = await reduce(given).collect();
      const second = await reduce(given).collect();
      expect(records).toEqual(sums());
      expect(second).toEqual(first);
    },
  );

  test("changes no result of another reduction", async () => {
    const given = datasets().of(sums(), 3);
    const reduced = given.reduceByKey((left, right) => ({ n: left.n + right.n }));
    const doubled = reduce(reduced.union(reduced));
    await doubled.collect();
    expect(await reduced.collect()).toEqual([
      ["a", { n: 15 }],
      ["b", { n: 150 }],
    ]);
  });
});

describe("an action that reduces", () => {
  const actions: Record<string, (dataset: RDD<Sum>) => Promise<unknown>> = {
    reduce: (dataset) => dataset.reduce(addTo),
    treeReduce: (dataset) => dataset.treeReduce(addTo),
    fold: (dataset) => dataset.fold({ n: 0 }, addTo),
    "fold that returns its right argument": (dataset) =>
      dataset.fold({ n: 0 }, (left, right) => (left.n === 0 ? right : addTo(left, right))),
    aggregate: (dataset) =>
      dataset.aggregate<Sum>(
        { n: 0 },
        (left, right) => (left.n ? addTo(left, right) : right),
        addTo,
      ),
    reduceByKeyLocally: async (dataset) =>
      (await dataset.keyBy(() => "key").reduceByKeyLocally(addTo)).get("key"),
  };

  test.each(Object.entries(actions))("%s changes no record", async (_name, run) => {
    for (const count of [1, 2, 4]) {
      const records = [{ n: 1 }, { n: 2 }, { n: 4 }, { n: 8 }];
      expect(await run(datasets().of(records, count))).toEqual({ n: 15 });
      expect(records).toEqual([{ n: 1 }, { n: 2 }, { n: 4 }, { n: 8 }]);
    }
  });
});

describe("a value that is no plain data", () => {
  class Mean {
    count = 0;
    add(other: Mean): this {
      this.count += other.count;
      return this;
    }
  }
  const mean = (count: number): Mean => Object.assign(new Mean(), { count });

  test("is frozen, and changing it fails with what to do", async () => {
    const given = datasets().of([["a", mean(1)] as const, ["a", mean(2)] as const].map(pair));
    const error = await errorOf(given.reduceByKey((left, right) => left.add(right)).collect());
    expect(error).toMatchObject({ code: "shared_value_changed", kind: "user" });
    expect(error.message).toContain("return a new value");
    expect(error.details).toMatchObject({ kind: "reduceByKey", partition: 0 });
    const reduced = datasets().of([mean(1), mean(2)]);
    expect((await errorOf(reduced.reduce((a, b) => a.add(b)))).code).toBe("shared_value_changed");
  });

  test("is what a function that changes nothing is given", async () => {
    const records = [mean(1), mean(5), mean(3)];
    const largest = await datasets()
      .of(records)
      .reduce((left, right) => (left.count > right.count ? left : right));
    expect(largest).toBe(records[1]);
  });

  function pair([key, value]: readonly [string, Mean]): [string, Mean] {
    return [key, value];
  }
});

test("a value that stays alone in its key is handed on as it is", async () => {
  const value = { n: 1 };
  const [pair] = await datasets()
    .of<[string, Sum]>([["a", value]])
    .reduceByKey(addTo)
    .collect();
  expect(pair?.[1]).toBe(value);
});
