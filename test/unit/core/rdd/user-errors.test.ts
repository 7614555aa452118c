import { describe, expect, test } from "vitest";
import { StreamError } from "../../../../src/base/index.ts";
import {
  inJob,
  type JobScope,
  type Partitioner,
  type RDD,
  taskContext,
} from "../../../../src/core/index.ts";
import { datasets } from "./datasets.ts";
import { errorOf } from "./error-of.ts";

const boom = new Error("boom");

/** Throws for 3, which is in partition 1 of the numbers of these tests. */
function explode<T>(record: T): T {
  if ((record as unknown) === 3) throw boom;
  return record;
}

type Numbers = RDD<number>;
type Pairs = RDD<[number, number]>;
interface Given {
  readonly numbers: Numbers;
  readonly pairs: Pairs;
}

/** 1, 2 in partition 0 and 3, 4 in partition 1, as they are and as values of the one key 0. */
function given(): Given {
  const numbers = datasets().of([1, 2, 3, 4], 2);
  return { numbers, pairs: numbers.map((x): [number, number] => [0, x]) };
}

const noAggregate = {
  create: (x: number) => x,
  mergeValue: (_: number, x: number) => x,
  mergeCombiners: (_: number, x: number) => x,
};
const explodingPartitioner: Partitioner = {
  partitionCount: 2,
  partitionOf: (key) => explode(key as number) % 2,
  equals: () => false,
};

/** Each function that a transformation takes, failing in partition 1 of what it is called on. */
const transformations: [string, (given: Given) => RDD<never> | RDD<unknown>, kind?: string][] = [
  ["map", ({ numbers }) => numbers.map((x) => explode(x))],
  ["filter", ({ numbers }) => numbers.filter((x) => explode(x) > 0)],
  ["flatMap", ({ numbers }) => numbers.flatMap((x) => [explode(x)])],
  [
    "flatMap by a generator",
    ({ numbers }) =>
      numbers.flatMap(function* (x) {
        yield 0;
        yield explode(x);
      }),
    "flatMap",
  ],
  ["mapAsync", ({ numbers }) => numbers.mapAsync(async (x) => explode(x))],
  ["mapPartitions", ({ numbers }) => numbers.mapPartitions((records) => records.map(explode))],
  [
    "mapPartitions by a generator",
    ({ numbers }) =>
      numbers.mapPartitions(function* (records) {
        for (const x of records) yield explode(x);
      }),
    "mapPartitions",
  ],
  [
    "mapPartitions by an asynchronous generator",
    ({ numbers }) =>
      numbers.mapPartitions(async function* (records) {
        for (const x of records) yield explode(x);
      }),
    "mapPartitions",
  ],
  [
    "mapPartitions by a promise",
    ({ numbers }) => numbers.mapPartitions(async (records) => records.map(explode)),
    "mapPartitions",
  ],
  [
    "mapPartitionsWithIndex",
    ({ numbers }) => numbers.mapPartitionsWithIndex((_, records) => records.map(explode)),
  ],
  [
    "zipPartitions",
    ({ numbers }) => numbers.zipPartitions(numbers, (records) => records.map(explode)),
  ],
  [
    "zipPartitions by a generator",
    ({ numbers }) =>
      numbers.zipPartitions(numbers, function* (records) {
        for (const x of records) yield explode(x);
      }),
    "zipPartitions",
  ],
  ["keyBy", ({ numbers }) => numbers.keyBy(explode)],
  ["groupBy", ({ numbers }) => numbers.groupBy(explode)],
  ["sortBy", ({ numbers }) => numbers.sortBy(explode)],
  ["mapValues", ({ pairs }) => pairs.mapValues((x) => explode(x))],
  ["flatMapValues", ({ pairs }) => pairs.flatMapValues((x) => [explode(x)])],
  [
    "flatMapValues by a generator",
    ({ pairs }) =>
      pairs.flatMapValues(function* (x) {
        yield explode(x);
      }),
    "flatMapValues",
  ],
  ["reduceByKey", ({ pairs }) => pairs.reduceByKey((a, b) => explode(a) + b)],
  [
    "foldByKey",
    ({ pairs }) => pairs.mapValues((x) => x).foldByKey(0, (a, b) => a + explode(b)),
    "foldByKey",
  ],
  [
    "aggregateByKey",
    ({ pairs }) =>
      pairs.aggregateByKey(
        0,
        (a, b) => a + explode(b),
        (a, b) => a + b,
      ),
  ],
  ["combineByKey", ({ pairs }) => pairs.combineByKey({ ...noAggregate, create: explode })],
  [
    "combineByKey by mergeValue",
    ({ pairs }) => pairs.combineByKey({ ...noAggregate, mergeValue: (a) => explode(a) }),
    "combineByKey",
  ],
  ["partitionBy", ({ numbers }) => numbers.keyBy((x) => x).partitionBy(explodingPartitioner)],
  [
    "reduceByKey into a partitioner",
    ({ numbers }) => numbers.keyBy((x) => x).reduceByKey((a) => a, explodingPartitioner),
    "reduceByKey",
  ],
];

describe("what a function of the program throws", () => {
  test.each(transformations)(
    "in %s names its operator and partition",
    async (title, make, kind = title) => {
      const { code, kind: errorKind, details, cause } = await errorOf(make(given()).count());
      expect(code).toBe("user_function_failed");
      expect(errorKind).toBe("user");
      expect(details).toEqual({
        operator: expect.stringMatching(new RegExp(`^${kind}@rdd-\\d+$`)),
        kind,
        partition: 1,
      });
      expect(cause).toBe(boom);
    },
  );

  test.each(transformations)("in %s is not blamed on the operators before it", async (_, make) => {
    const direct = await errorOf(make(given()).count());
    const numbers = given()
      .numbers.mapPartitions(function* (records) {
        yield* records;
      })
      .mapPartitions(async function* (records) {
        yield* records;
      })
      .flatMap(function* (x) {
        yield x;
      })
      .mapPartitions((records) => records);
    const pairs = numbers.map((x): [number, number] => [0, x]);
    const behind = await errorOf(make({ numbers, pairs }).count());
    expect(behind.details["kind"]).toBe(direct.details["kind"]);
    expect(behind.cause).toBe(boom);
  });

  test("in the reduce side of a shuffle names the operator and the partition of the result", async () => {
    const fail = (): number => {
      throw boom;
    };
    const merging = given().pairs.combineByKey({ ...noAggregate, mergeCombiners: fail }, 1);
    expect(await errorOf(merging.collect())).toMatchObject({
      code: "user_function_failed",
      details: { operator: "combineByKey@rdd-2", kind: "combineByKey", partition: 0 },
      cause: boom,
    });
    const grouping = given().pairs.combineByKey(
      { ...noAggregate, mergeValue: fail, mapSideCombine: false },
      1,
    );
    expect(await errorOf(grouping.collect())).toMatchObject({
      details: { kind: "combineByKey", partition: 0 },
      cause: boom,
    });
  });

  const actions: [string, (numbers: Numbers) => Promise<unknown>][] = [
    ["foreach", (numbers) => numbers.foreach(explode)],
    ["foreachPartition", (numbers) => numbers.foreachPartition((part) => part.forEach(explode))],
    ["reduce", (numbers) => numbers.reduce((a) => explode(a))],
    ["treeReduce", (numbers) => numbers.treeReduce((a) => explode(a))],
    ["fold", (numbers) => numbers.fold(0, (_, x) => explode(x))],
    [
      "aggregate",
      (numbers) =>
        numbers.aggregate(
          0,
          (_, x) => explode(x),
          (a) => a,
        ),
    ],
    [
      "treeAggregate",
      (numbers) =>
        numbers.treeAggregate(
          0,
          (_, x) => explode(x),
          (a) => a,
        ),
    ],
    ["takeOrdered", (numbers) => numbers.takeOrdered(2, (a, b) => explode(a) - explode(b))],
    ["top", (numbers) => numbers.top(2, (a, b) => explode(a) - explode(b))],
    ["min", (numbers) => numbers.min((a, b) => explode(a) - explode(b))],
    ["max", (numbers) => numbers.max((a, b) => explode(a) - explode(b))],
    [
      "reduceByKeyLocally",
      (numbers) =>
        numbers.map((x): [number, number] => [0, x]).reduceByKeyLocally((a) => explode(a)),
    ],
    [
      "saveAsFiles",
      (numbers) =>
        numbers.saveAsFiles("out", {
          extension: "",
          write: (part) => part.map((x) => `${explode(x)}`),
        }),
    ],
    [
      "saveAsFiles by a generator",
      (numbers) =>
        numbers.saveAsFiles("out", {
          extension: "",
          write: function* (part) {
            for (const x of part) yield `${explode(x)}`;
          },
        }),
    ],
  ];

  test.each(actions)("in the action %s names the dataset and the partition", async (title, run) => {
    const [kind] = title.replace("tree", "").toLowerCase().split(" ");
    const { code, details, cause } = await errorOf(run(given().numbers));
    expect(code).toBe("user_function_failed");
    expect(details["operator"]).toMatch(/^(parallelize@rdd-0|map@rdd-2)$/);
    expect(String(details["kind"]).toLowerCase()).toBe(kind);
    expect(details["partition"]).toBe(1);
    expect(cause).toBe(boom);
  });

  test.each(actions)(
    "in the action %s is not blamed on the operators before it",
    async (_, run) => {
      const numbers = given().numbers.mapPartitions(function* (records) {
        yield* records;
      });
      const { details, cause } = await errorOf(run(numbers));
      expect(details["kind"]).not.toBe("mapPartitions");
      expect(cause).toBe(boom);
    },
  );

  test("of a rejected foreachPartition is its cause", async () => {
    const rejecting = given().numbers.foreachPartition(async (_, partition) => {
      if (partition === 1) throw boom;
    });
    expect(await errorOf(rejecting)).toMatchObject({
      code: "user_function_failed",
      details: { kind: "foreachPartition", partition: 1 },
      cause: boom,
    });
  });

  const onTheDriver: [string, (numbers: Numbers, fail: () => number) => Promise<unknown>][] = [
    ["reduce", (numbers, fail) => numbers.reduce(fail)],
    ["fold", (numbers, fail) => numbers.fold(0, fail)],
    ["aggregate", (numbers, fail) => numbers.aggregate(0, (_, x) => x, fail)],
    ["takeOrdered", (numbers, fail) => numbers.takeOrdered(2, fail)],
    ["min", (numbers, fail) => numbers.min(fail)],
    [
      "reduceByKeyLocally",
      (numbers, fail) => numbers.map((): [number, number] => [0, 1]).reduceByKeyLocally(fail),
    ],
  ];

  test.each(onTheDriver)("in %s on the driver names the operator alone", async (kind, run) => {
    const one = datasets().ofParts([[1], [2]]);
    const { code, details, cause } = await errorOf(
      run(one, () => {
        if (taskContext() === undefined) throw boom;
        return 0;
      }),
    );
    expect(code).toBe("user_function_failed");
    expect(details).toEqual({ operator: expect.any(String), kind });
    expect(cause).toBe(boom);
  });

  test("names the batch that it was computed for", async () => {
    const job: JobScope = {
      batchTimeMs: 5000,
      uid: "output",
      attempt: 0,
      signal: new AbortController().signal,
      accumulated: [],
    };
    const failing = inJob(job, () => given().numbers.map(explode).collect());
    expect((await errorOf(failing)).details).toEqual({
      operator: "map@rdd-2",
      kind: "map",
      batchTimeMs: 5000,
      partition: 1,
    });
  });

  test("names the operator of the stream that a dataset was attributed to, and what stands behind it", async () => {
    const { numbers } = given();
    const site = { uid: "delays", kind: "transform", batchTimeMs: 2000 };
    const made = numbers
      .map(explode)
      .keyBy((x) => x)
      .groupByKey();
    made.node.attributeTo(site);
    made.node.attributeTo({ uid: "later", kind: "map" });
    expect((await errorOf(made.collect())).details).toEqual({
      operator: "delays",
      kind: "transform",
      batchTimeMs: 2000,
      partition: 1,
    });
    const summed = given().pairs.reduceByKey((a) => explode(a));
    summed.node.attributeTo(site);
    expect((await errorOf(summed.collect())).details["operator"]).toBe("delays");
  });

  test("is told whatever it is: no error, or nothing", async () => {
    const throwing = (thrown: unknown) =>
      given().numbers.map(() => {
        throw thrown;
      });
    expect((await errorOf(throwing("a text").collect())).message).toContain("a text");
    expect((await errorOf(throwing(undefined).collect())).code).toBe("user_function_failed");
    expect((await errorOf(throwing(null).collect())).code).toBe("user_function_failed");
  });

  test("in a job that another function runs is not blamed on that function", async () => {
    const failing = given().numbers.map((x) => explode(x));
    const { details, cause } = await errorOf(
      datasets()
        .of(["outer"])
        .mapAsync(() => failing.count())
        .collect(),
    );
    expect(details).toMatchObject({ operator: "map@rdd-2", kind: "map", partition: 1 });
    expect(cause).toBe(boom);
  });

  test("keeps the code of an error of Millrace, and is given the place", async () => {
    const failing = given().numbers.map(() => {
      throw new StreamError("broadcast_destroyed", { which: 7 }, { cause: boom });
    });
    const { code, details, cause } = await errorOf(failing.collect());
    expect(code).toBe("broadcast_destroyed");
    expect(details).toEqual({ which: 7, operator: "map@rdd-2", kind: "map", partition: 0 });
    expect(cause).toBe(boom);
  });
});
