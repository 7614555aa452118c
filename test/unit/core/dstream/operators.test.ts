/** Each operator without state and window, batch by batch; a batch is a second. */
import { describe, expect, test } from "vitest";
import { type DStream, HashPartitioner, StreamError } from "../../../../src/index.ts";
import { caught, cuts, ones, perBatch, perBatchOfTwo, sorted } from "./per-batch.ts";

const add = (a: number, b: number): number => a + b;

type Build = (stream: DStream<number>) => DStream<unknown>;
type Batches = (readonly unknown[] | null)[];

const unary: Record<string, { build: Build; expected: Batches }> = {
  map: { build: (stream) => stream.map((n) => n * 2), expected: [[2, 4, 6], [], null, [8]] },
  flatMap: {
    build: (stream) => stream.flatMap((n) => [n, n + 10]),
    expected: [[1, 11, 12, 13, 2, 3], [], null, [14, 4]],
  },
  filter: { build: (stream) => stream.filter((n) => n > 2), expected: [[3], [], null, [4]] },
  mapAsync: {
    build: (stream) => stream.mapAsync(async (n) => n + 1),
    expected: [[2, 3, 4], [], null, [5]],
  },
  count: { build: (stream) => stream.count(), expected: [[3], [0], null, [1]] },
  reduce: { build: (stream) => stream.reduce(add), expected: [[6], [], null, [4]] },
  countByValue: {
    build: (stream) => stream.map((n) => n % 2).countByValue(),
    expected: [
      [
        [0, 1],
        [1, 2],
      ],
      [],
      null,
      [[0, 1]],
    ],
  },
  repartition: {
    build: (stream) => stream.repartition(2),
    expected: [[1, 2, 3], [], null, [4]],
  },
  mapPartitions: {
    build: (stream) => stream.repartition(1).mapPartitions((all) => [all.reduce(add, 0)]),
    expected: [[6], [0], null, [4]],
  },
};

const pairwise: Record<
  string,
  { build: (stream: DStream<[string, number]>) => DStream<unknown>; expected: Batches }
> = {
  reduceByKey: {
    build: (stream) => stream.reduceByKey(add),
    expected: [
      [
        ["a", 2],
        ["b", 1],
      ],
      [],
      null,
    ],
  },
  groupByKey: {
    build: (stream) => stream.groupByKey(),
    expected: [
      [
        ["a", [1, 1]],
        ["b", [1]],
      ],
      [],
      null,
    ],
  },
  combineByKey: {
    build: (stream) =>
      stream.combineByKey<string, number, number[]>({
        create: (value) => [value],
        mergeValue: (list, value) => [...list, value],
        mergeCombiners: (left, right) => [...left, ...right],
      }),
    expected: [
      [
        ["a", [1, 1]],
        ["b", [1]],
      ],
      [],
      null,
    ],
  },
  mapValues: {
    build: (stream) => stream.mapValues((value) => value + 1),
    expected: [
      [
        ["a", 2],
        ["a", 2],
        ["b", 2],
      ],
      [],
      null,
    ],
  },
  flatMapValues: {
    build: (stream) => stream.flatMapValues((value) => [value, 7]),
    expected: [
      [
        ["a", 1],
        ["a", 1],
        ["a", 7],
        ["a", 7],
        ["b", 1],
        ["b", 7],
      ],
      [],
      null,
    ],
  },
  partitionBy: {
    build: (stream) => stream.partitionBy(new HashPartitioner(2)),
    expected: [
      [
        ["a", 1],
        ["a", 1],
        ["b", 1],
      ],
      [],
      null,
    ],
  },
};

describe.each(cuts)("over %s", (_, cut) => {
  test.each(Object.entries(unary))(
    "%s works on each batch alone, also on an empty one, and makes nothing of a missing one",
    async (_name, { build, expected }) => {
      expect(sorted(await perBatch([[1, 2, 3], [], null, [4]], build, cut))).toEqual(expected);
    },
  );

  test.each(Object.entries(pairwise))(
    "%s works on the pairs of each batch alone",
    async (_name, { build, expected }) => {
      expect(sorted(await perBatch([ones("aba"), [], null], build, cut))).toEqual(expected);
    },
  );

  test("transform gives the dataset of each batch with its time", async () => {
    const build: Build = (stream) =>
      stream.transform((dataset, timeMs) => dataset.map((n) => n + timeMs));
    expect(sorted(await perBatch([[1, 2], []], build, cut))).toEqual([[1001, 1002], []]);
  });

  test("joins pair the values of each key per batch", async () => {
    const left: [string, number][][] = [
      [
        ["a", 1],
        ["b", 2],
        ["b", 3],
      ],
      [["a", 4]],
      [],
    ];
    const right: [string, string][][] = [
      [
        ["b", "x"],
        ["c", "y"],
      ],
      [],
      [],
    ];
    type Join = (l: DStream<[string, number]>, r: DStream<[string, string]>) => DStream<unknown>;
    const run = async (join: Join) => sorted(await perBatchOfTwo(left, right, join, cut));
    const both = [
      ["b", [2, "x"]],
      ["b", [3, "x"]],
    ];
    const onlyLeft = ["a", [1, undefined]];
    const onlyRight = ["c", [undefined, "y"]];
    const later = [["a", [4, undefined]]];
    expect(await run((l, r) => l.join(r))).toEqual([both, [], []]);
    expect(await run((l, r) => l.leftOuterJoin(r))).toEqual([[onlyLeft, ...both], later, []]);
    expect(await run((l, r) => l.rightOuterJoin(r))).toEqual([[...both, onlyRight], [], []]);
    expect(await run((l, r) => l.fullOuterJoin(r))).toEqual([
      [onlyLeft, ...both, onlyRight],
      later,
      [],
    ]);
    expect(await run((l, r) => l.cogroup(r))).toEqual([
      [
        ["a", [[1], []]],
        ["b", [[2, 3], ["x"]]],
        ["c", [[], ["y"]]],
      ],
      [["a", [[4], []]]],
      [],
    ]);
  });

  test("union has the records of both, and of the other where one has no dataset", async () => {
    const union = (left: DStream<number>, right: DStream<number>) => left.union(right);
    const result = await perBatchOfTwo([[1], [2], null, null], [[3], null, [4], null], union, cut);
    expect(sorted(result)).toEqual([[1, 3], [2], [4], null]);
  });

  test("the union of the context takes any number of streams", async () => {
    const union = (left: DStream<number>, right: DStream<number>, ssc: { union: Union }) =>
      ssc.union([left, right, left]);
    expect(sorted(await perBatchOfTwo([[1]], [[2]], union, cut))).toEqual([[1, 1, 2]]);
  });

  test("transformWith and the transform of the context have the datasets of all parents", async () => {
    const joined = await perBatchOfTwo<number, string, string>(
      [[1], []],
      [["a"], ["b"]],
      (left, right) =>
        left.transformWith(right, (numbers, letters, timeMs) =>
          letters.cartesian(numbers).map(([letter, n]) => `${letter}${n}@${timeMs}`),
        ),
      cut,
    );
    expect(joined).toEqual([["a1@1000"], []]);
    const counted = await perBatchOfTwo<number, string, number>(
      [[1], []],
      [["a"], ["b"]],
      (left, right, ssc) =>
        ssc.transform([left, right], async (datasets, timeMs) => {
          const counts = await Promise.all(datasets.map((dataset) => dataset.count()));
          return ssc.data.parallelize([timeMs, ...counts]);
        }),
      cut,
    );
    expect(sorted(counted)).toEqual([
      [1, 1, 1000],
      [0, 1, 2000],
    ]);
  });
});

type Union = (streams: readonly DStream<number>[]) => DStream<number>;

test("glom gives each partition as an array", async () => {
  const glom = (stream: DStream<number>) => stream.glom();
  const result = await perBatch([[1, 2, 3, 4], [], null], glom, { partitions: 2 });
  expect(result).toEqual([
    [
      [1, 2],
      [3, 4],
    ],
    [[], []],
    null,
  ]);
});

test("repartition gives exactly that many partitions", async () => {
  const sizes = (stream: DStream<number>) => stream.repartition(3).glom().count();
  expect(await perBatch([[1, 2, 3, 4], []], sizes)).toEqual([[3], [3]]);
});

test("mapPartitionsWithIndex has the number of the partition", async () => {
  const place = (stream: DStream<string>) =>
    stream.mapPartitionsWithIndex((partition, letters) => letters.map((l) => `${l}${partition}`));
  expect(await perBatch([["a", "b", "c", "d"]], place, { partitions: 2 })).toEqual([
    ["a0", "b0", "c1", "d1"],
  ]);
});

test("a number of partitions given to a pair operation is that of its datasets", async () => {
  const parts = (stream: DStream<[string, number]>) => stream.reduceByKey(add, 4).glom().count();
  expect(await perBatch([ones("abc")], parts)).toEqual([[4]]);
});

describe("a transform", () => {
  test.each<[string, (stream: DStream<number>, other: DStream<number>) => DStream<unknown>]>([
    ["transform", (stream) => stream.transform((dataset) => dataset)],
    ["transformWith", (stream, other) => other.transformWith(stream, (dataset) => dataset)],
    [
      "join",
      (stream, other) => stream.map((n) => [n, n]).join(other.map((n): [number, number] => [n, n])),
    ],
  ])("fails where a parent has no dataset (%s)", async (_name, build) => {
    const error = await caught(perBatchOfTwo([[1], null], [[1], [2]], build));
    expect(error).toMatchObject({ code: "batch_failed", details: { batchTimeMs: 2000 } });
    expect(error.cause).toMatchObject({ code: "dataset_missing", kind: "user" });
    expect((error.cause as StreamError).details).toMatchObject({ timeMs: 2000 });
  });

  test("fails when its function returns no dataset", async () => {
    const build = (stream: DStream<number>) =>
      stream.transform(() => undefined as never).uid("nothing");
    const error = await caught(perBatch([[1]], build));
    expect(error.cause).toMatchObject({
      code: "dataset_expected",
      kind: "user",
      details: { operator: "nothing", batchTimeMs: 1000 },
    });
  });

  test("that throws fails as a user error that names operator and batch", async () => {
    const build = (stream: DStream<number>) =>
      stream
        .transform(() => {
          throw new Error("no luck");
        })
        .uid("unlucky");
    const error = await caught(perBatch([[1]], build));
    expect(error.cause).toMatchObject({
      code: "user_function_failed",
      details: { operator: "unlucky", batchTimeMs: 1000 },
      cause: { message: "no luck" },
    });
  });
});

describe("a function of the program", () => {
  const failures: Record<string, Build> = {
    map: (stream) => stream.map(fail),
    flatMap: (stream) => stream.flatMap(fail),
    filter: (stream) => stream.filter(fail),
    mapAsync: (stream) => stream.mapAsync(async () => fail()),
    mapPartitions: (stream) => stream.mapPartitions(fail),
    reduce: (stream) => stream.reduce(fail),
  };
  test.each(Object.entries(failures))(
    "that throws in %s is named with operator, batch and partition",
    async (_kind, build) => {
      const named: Build = (stream) => build(stream).uid("mine");
      const error = await caught(perBatch([null, [1, 2]], named));
      expect(error).toMatchObject({ code: "batch_failed", details: { batchTimeMs: 2000 } });
      const cause = error.cause as StreamError;
      expect(cause).toBeInstanceOf(StreamError);
      expect(cause).toMatchObject({ code: "user_function_failed", cause: { message: "unlucky" } });
      expect(cause.details).toMatchObject({ operator: "mine", batchTimeMs: 2000, partition: 0 });
    },
  );

  function fail(): never {
    throw new Error("unlucky");
  }
});

test("one input may feed many streams, and is computed once per batch", async () => {
  const build = (stream: DStream<number>) => {
    const seen: number[] = [];
    const noted = stream.map((n) => {
      seen.push(n);
      return seen.length;
    });
    return noted.cache().union(noted);
  };
  expect(sorted(await perBatch([[7], [8]], build))).toEqual([
    [1, 1],
    [2, 2],
  ]);
});
