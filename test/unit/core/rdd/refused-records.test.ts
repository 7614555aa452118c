import { describe, expect, test } from "vitest";
import type { RDD } from "../../../../src/core/index.ts";
import { datasets } from "./datasets.ts";
import { errorOf } from "./error-of.ts";

interface Given {
  readonly numbers: RDD<number>;
  readonly pairs: RDD<[number, number]>;
}

/** Numbers in two partitions, as they are and as values of the one key 0. */
function given(): Given {
  const numbers = datasets().of([1, 2, 3, 4], 2);
  return { numbers, pairs: numbers.map((x): [number, number] => [0, x]) };
}

const noAggregate = {
  create: (x: number) => x,
  mergeValue: (_: number, x: number) => x,
  mergeCombiners: (_: number, x: number) => x,
};

describe("a promise where a value is wanted", () => {
  const later = async (): Promise<never> => {
    throw new Error("nobody waits for this");
  };
  const promised = later as () => unknown;
  const promisedNumber = later as () => never;
  const functions: [string, (given: Given) => Promise<unknown>][] = [
    ["map", ({ numbers }) => numbers.map(promised).collect()],
    ["filter", ({ numbers }) => numbers.filter(promisedNumber).collect()],
    ["flatMap", ({ numbers }) => numbers.flatMap(promisedNumber).collect()],
    ["keyBy", ({ numbers }) => numbers.keyBy(promised).collect()],
    ["groupBy", ({ numbers }) => numbers.groupBy(promised).collect()],
    ["sortBy", ({ numbers }) => numbers.sortBy(promised).collect()],
    ["mapValues", ({ pairs }) => pairs.mapValues(promised).collect()],
    ["flatMapValues", ({ pairs }) => pairs.flatMapValues(promisedNumber).collect()],
    ["zipPartitions", ({ numbers }) => numbers.zipPartitions(numbers, promisedNumber).collect()],
    ["reduceByKey", ({ pairs }) => pairs.reduceByKey(promisedNumber).collect()],
    ["foldByKey", ({ pairs }) => pairs.foldByKey(0, promisedNumber).collect()],
    [
      "combineByKey",
      ({ pairs }) =>
        pairs.combineByKey({ ...noAggregate, mergeCombiners: promisedNumber }, 1).collect(),
    ],
    ["reduce", ({ numbers }) => numbers.reduce(promisedNumber)],
    ["fold", ({ numbers }) => numbers.fold(0, promisedNumber)],
    ["aggregate", ({ numbers }) => numbers.aggregate<number>(0, (_, x) => x, promisedNumber)],
    ["reduceByKeyLocally", ({ pairs }) => pairs.reduceByKeyLocally(promisedNumber)],
    ["foreach", ({ numbers }) => numbers.foreach(promised)],
  ];

  test.each(functions)("is refused from %s, naming mapAsync, and may reject", async (kind, run) => {
    const { code, details, message } = await errorOf(run(given()));
    expect(code).toBe("promise_returned");
    expect(details["kind"]).toBe(kind);
    expect(details["operator"]).toEqual(expect.any(String));
    expect(message).toContain("mapAsync");
    // An unhandled rejection would fail the test file.
    await new Promise((resolve) => setImmediate(resolve));
  });

  test("may be any object with a then", async () => {
    // oxlint-disable-next-line unicorn/no-thenable -- it is what is tested
    const thenable = { then: () => {} };
    const { code, details } = await errorOf(
      given()
        .numbers.map(() => thenable as object)
        .collect(),
    );
    expect(code).toBe("promise_returned");
    expect(details).toEqual({ operator: "map@rdd-2", kind: "map", partition: 0 });
  });
});

describe("a value that cannot be a key", () => {
  const symbol = Symbol("no key");
  const keyed = () => datasets().ofParts([[[1, 1]], [[symbol, 1]]] as [unknown, number][][]);
  const operators: [string, (pairs: RDD<[unknown, number]>) => Promise<unknown>, kind?: string][] =
    [
      ["reduceByKey", (pairs) => pairs.reduceByKey((a) => a).collect()],
      ["groupByKey", (pairs) => pairs.groupByKey(1).collect()],
      ["partitionBy", (pairs) => pairs.partitionBy(2).collect()],
      ["join", (pairs) => pairs.join(pairs).collect()],
      ["cogroup", (pairs) => pairs.cogroup(pairs, 1).collect()],
      ["distinct", (pairs) => pairs.keys().distinct().collect()],
      ["sortByKey", (pairs) => pairs.sortByKey({ partitionCount: 2 }).collect()],
      [
        "repartitionAndSortWithinPartitions",
        (pairs) => pairs.repartitionAndSortWithinPartitions(2).collect(),
      ],
      ["filterByRange", (pairs) => pairs.filterByRange(0, 1).collect()],
      ["countByKey", (pairs) => pairs.countByKey()],
      ["countByValue", (pairs) => pairs.keys().countByValue()],
      ["collectAsMap", (pairs) => pairs.collectAsMap()],
      ["lookup", (pairs) => pairs.lookup(1)],
      ["takeOrdered", (pairs) => pairs.keys().takeOrdered(1)],
      ["max", (pairs) => pairs.keys().max()],
    ];

  test.each(operators)("is refused by %s, which the error names", async (kind, run) => {
    const { code, details } = await errorOf(run(keyed()));
    expect(code).toBe("key_unsupported");
    expect(details["operator"]).toEqual(expect.any(String));
    expect(details["kind"]).toBe(kind);
  });

  test("names the partition in which it is", async () => {
    const grouped = keyed().groupByKey(2);
    expect((await errorOf(grouped.collect())).details).toMatchObject({
      operator: "groupByKey@rdd-1",
      partition: 1,
    });
  });
});

describe("a record that is no pair", () => {
  const noPairs = () =>
    datasets().ofParts<unknown>([[["a", 1]], ["ab"]]) as RDD<never> as RDD<[string, number]>;
  const operators: [string, (pairs: RDD<[string, number]>) => Promise<unknown>][] = [
    ["keys", (pairs) => pairs.keys().collect()],
    ["values", (pairs) => pairs.values().collect()],
    ["mapValues", (pairs) => pairs.mapValues((x) => x).collect()],
    ["flatMapValues", (pairs) => pairs.flatMapValues((x) => [x]).collect()],
    ["reduceByKey", (pairs) => pairs.reduceByKey((a) => a).collect()],
    ["groupByKey", (pairs) => pairs.groupByKey().collect()],
    ["partitionBy", (pairs) => pairs.partitionBy(2).collect()],
    ["sortByKey", (pairs) => pairs.sortByKey().collect()],
    ["join", (pairs) => pairs.join(pairs).collect()],
    ["filterByRange", (pairs) => pairs.filterByRange("a", "z").collect()],
    ["lookup", (pairs) => pairs.lookup("a")],
    ["countByKey", (pairs) => pairs.countByKey()],
    ["reduceByKeyLocally", (pairs) => pairs.reduceByKeyLocally((a) => a)],
  ];

  test.each(operators)("is refused by %s", async (kind, run) => {
    const { code, kind: errorKind, details } = await errorOf(run(noPairs()));
    expect(code).toBe("pair_expected");
    expect(errorKind).toBe("user");
    expect(details).toEqual({
      record: "ab",
      operator: expect.any(String),
      kind,
      partition: 1,
    });
  });

  test("is refused by collectAsMap", async () => {
    const { code, details } = await errorOf(noPairs().collectAsMap());
    expect(code).toBe("pair_expected");
    expect(details).toEqual({ record: "ab", operator: "parallelize@rdd-0", kind: "collectAsMap" });
  });

  test("may have too few parts or too many", async () => {
    for (const record of [[], [1], [1, 2, 3], { 0: 1, 1: 2, length: 2 }, null]) {
      const records = datasets().of([record]) as RDD<unknown> as RDD<[number, number]>;
      expect((await errorOf(records.groupByKey().collect())).code).toBe("pair_expected");
    }
  });
});

describe("an empty dataset", () => {
  const none = () =>
    datasets()
      .ofParts<number>([[], []])
      .map((x) => x);

  test.each([
    ["first", () => none().first()],
    ["reduce", () => none().reduce((a) => a)],
    ["treeReduce", () => none().treeReduce((a) => a)],
    ["min", () => none().min()],
    ["max", () => none().max()],
    ["a histogram of a number of buckets", () => none().histogram(2)],
  ])("has no %s", async (_, run) => {
    const { code, details } = await errorOf(run());
    expect(code).toBe("dataset_empty");
    expect(details).toEqual({ operator: "map@rdd-1" });
  });

  test("has a sum, a fold, a count and a take", async () => {
    expect(await none().sum()).toBe(0);
    expect(await none().fold(5, (a) => a)).toBe(5);
    expect(await none().count()).toBe(0);
    expect(await none().take(3)).toEqual([]);
    expect(await none().histogram([0, 1])).toEqual({ bounds: [0, 1], counts: [0] });
  });
});
