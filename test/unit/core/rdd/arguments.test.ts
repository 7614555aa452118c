import { describe, expect, test } from "vitest";
import { HashPartitioner, type Partitioner } from "../../../../src/core/index.ts";
import { datasets } from "./datasets.ts";

const invalid = expect.objectContaining({ code: "argument_invalid", kind: "usage" });
const noCounts = [0, -1, 1.5, Number.NaN, Number.POSITIVE_INFINITY];

describe("a number of partitions", () => {
  test("is a whole number of 1 or more, wherever it is told", () => {
    const numbers = datasets().of([1, 2]);
    const pairs = numbers.keyBy((x) => x);
    for (const count of noCounts) {
      expect(() => numbers.repartition(count)).toThrow(invalid);
      expect(() => numbers.coalesce(count)).toThrow(invalid);
      expect(() => numbers.coalesce(count, { shuffle: true })).toThrow(invalid);
      expect(() => numbers.distinct(count)).toThrow(invalid);
      expect(() => numbers.groupBy((x) => x, count)).toThrow(invalid);
      expect(() => numbers.intersection(numbers, count)).toThrow(invalid);
      expect(() => numbers.sortBy((x) => x, { partitionCount: count })).toThrow(invalid);
      expect(() => pairs.sortByKey({ partitionCount: count })).toThrow(invalid);
      expect(() => pairs.partitionBy(count)).toThrow(invalid);
      expect(() => pairs.reduceByKey((a) => a, count)).toThrow(invalid);
      expect(() => pairs.join(pairs, count)).toThrow(invalid);
      expect(() => pairs.repartitionAndSortWithinPartitions(count)).toThrow(invalid);
    }
  });
});

describe("a partitioner", () => {
  test.each([-1, 2, 0.5, Number.NaN])(
    "that names partition %d of two loses no record: the job fails",
    async (partition) => {
      const lost: Partitioner = {
        partitionCount: 2,
        partitionOf: () => partition,
        equals: () => false,
      };
      const pairs = datasets().of([["a", 1]] as [string, number][]);
      const details = {
        partitionOf: partition,
        expected: "0 to 1",
        kind: "partitionBy",
        partition: 0,
      };
      await expect(pairs.partitionBy(lost).collect()).rejects.toMatchObject({
        code: "argument_invalid",
        details,
      });
      await expect(pairs.reduceByKey((a) => a, lost).collect()).rejects.toMatchObject({
        code: "argument_invalid",
        details: { ...details, kind: "reduceByKey" },
      });
    },
  );
});

describe("a number of records", () => {
  test("is a whole number of 0 or more", async () => {
    const numbers = datasets().of([3, 1, 2]);
    for (const count of [-1, 1.5, Number.NaN]) {
      await expect(numbers.take(count)).rejects.toThrow(invalid);
      await expect(numbers.takeOrdered(count)).rejects.toThrow(invalid);
      await expect(numbers.top(count)).rejects.toThrow(invalid);
      await expect(numbers.takeSample(false, count)).rejects.toThrow(invalid);
    }
    expect(await numbers.takeOrdered(0)).toEqual([]);
    expect(await numbers.takeSample(true, 0)).toEqual([]);
  });
});

describe("bounds of a histogram", () => {
  test("ascend, and are two or more", async () => {
    const numbers = datasets().of([3, 1, 2]);
    for (const bounds of [[], [1], [1, 1], [2, 1], [1, Number.NaN], [Number.NaN, 1]]) {
      await expect(numbers.histogram(bounds)).rejects.toThrow(invalid);
    }
  });

  test("are told by a whole number of buckets, and by numbers that are finite", async () => {
    const numbers = datasets().of([3, 1, 2]);
    for (const count of noCounts) await expect(numbers.histogram(count)).rejects.toThrow(invalid);
    const endless = datasets().of([1, Number.POSITIVE_INFINITY]);
    await expect(endless.histogram(2)).rejects.toThrow(invalid);
  });
});

describe("a zero", () => {
  class Total {
    sum = 0;
  }

  test("that is plain data is cloned", async () => {
    const numbers = datasets().of([1, 2], 2);
    const seen = await numbers.aggregate(
      { dates: new Map([["a", new Date(5)]]), none: null, list: Object.create(null) },
      (total) => total,
      (total) => total,
    );
    expect(seen).toEqual({ dates: new Map([["a", new Date(5)]]), none: null, list: {} });
    const bare: Record<string, number> = Object.create(null);
    expect(
      await numbers.aggregate(
        bare,
        (total, x) => ({ ...total, [x]: x }),
        (a, b) => ({ ...a, ...b }),
      ),
    ).toEqual({ 1: 1, 2: 2 });
  });

  test("that is more than plain data is refused, as its clone would lose what it can do", async () => {
    const numbers = datasets().of([1, 2], 2);
    const pairs = numbers.keyBy((x) => x);
    for (const zero of [new Total(), { f: () => 1 }, [Symbol("no")]]) {
      const same = (total: typeof zero) => total;
      await expect(numbers.aggregate(zero, same, same)).rejects.toThrow(invalid);
      expect(() => pairs.aggregateByKey(zero, same, same)).toThrow(invalid);
    }
    expect(() => pairs.mapValues(() => new Total()).foldByKey(new Total(), (a) => a)).toThrow(
      invalid,
    );
  });
});

describe("datasets side by side", () => {
  const differ = expect.objectContaining({ code: "partitions_differ" });

  test("have the same number of partitions", () => {
    const given = datasets();
    expect(() => given.of([1], 1).zip(given.of([1], 2))).toThrow(differ);
    expect(() => given.of([1], 1).zipPartitions(given.of([1], 2), () => [])).toThrow(differ);
  });

  test("have as many records in each, to be zipped", async () => {
    const given = datasets();
    const zipped = given.ofParts([[1], [2]]).zip(given.ofParts([[1], [2, 3]]));
    await expect(zipped.collect()).rejects.toMatchObject({
      code: "partitions_differ",
      details: { partition: 1, records: [1, 2], operator: "zip@rdd-2" },
    });
  });
});

describe("setName", () => {
  test("names a dataset for people and gives it back", () => {
    const numbers = datasets().of([1]);
    expect(numbers.setName("numbers")).toBe(numbers);
    expect(numbers.name).toBe("numbers");
    expect(numbers.groupBy((x) => x, new HashPartitioner(1)).name).toBeUndefined();
  });
});
