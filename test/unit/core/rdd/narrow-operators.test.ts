import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { HashPartitioner } from "../../../../src/core/index.ts";
import { datasets, partitionsOf } from "./datasets.ts";
import { partsArbitrary } from "./models.ts";

const numbers = partsArbitrary(fc.integer({ min: -20, max: 20 }));

/** Runs a claim on random partitions of numbers. */
async function forAllParts(claim: (parts: number[][]) => Promise<void>): Promise<void> {
  await fc.assert(fc.asyncProperty(numbers, claim), { numRuns: 60 });
}

describe("operators within a partition", () => {
  test("map, filter, flatMap and glom do to each partition what arrays do", () =>
    forAllParts(async (parts) => {
      const given = datasets().ofParts(parts);
      const isEven = (x: number) => x % 2 === 0;
      const twice = (x: number) => [x, -x];
      expect(await partitionsOf(given)).toEqual(parts);
      expect(await partitionsOf(given.map((x) => x * 2))).toEqual(
        parts.map((part) => part.map((x) => x * 2)),
      );
      expect(await partitionsOf(given.filter(isEven))).toEqual(
        parts.map((part) => part.filter(isEven)),
      );
      expect(await partitionsOf(given.flatMap(twice))).toEqual(
        parts.map((part) => part.flatMap(twice)),
      );
      expect(await given.glom().collect()).toEqual(parts);
    }));

  test("flatMap takes arrays, sets, strings and generators", async () => {
    const given = datasets().of([2, 3], 2);
    const countTo = function* (n: number) {
      for (let x = 1; x <= n; x++) yield x;
    };
    expect(await given.flatMap(countTo).collect()).toEqual([1, 2, 1, 2, 3]);
    expect(await given.flatMap((x) => new Set([x, x, 1])).collect()).toEqual([2, 1, 3, 1]);
    expect(await given.flatMap((x) => "ab".repeat(x)).collect()).toEqual(Array.from("ababababab"));
  });

  test("mapPartitions gives its function each partition, empty ones too, and takes what it yields", () =>
    forAllParts(async (parts) => {
      const given = datasets().ofParts(parts);
      const sum = (records: readonly number[]) => records.reduce((a, b) => a + b, 0);
      const sums = parts.map((part) => [sum(part)]);
      expect(await partitionsOf(given.mapPartitions((records) => [sum(records)]))).toEqual(sums);
      expect(
        await partitionsOf(
          given.mapPartitions(function* (records) {
            yield sum(records);
          }),
        ),
      ).toEqual(sums);
      expect(
        await partitionsOf(
          given.mapPartitions(async function* (records) {
            yield sum(records);
          }),
        ),
      ).toEqual(sums);
      expect(
        await partitionsOf(given.mapPartitions(async (records) => new Set([sum(records)]))),
      ).toEqual(sums);
      expect(
        await given.mapPartitionsWithIndex((index, records) => [[index, records.length]]).collect(),
      ).toEqual(parts.map((part, index) => [index, part.length]));
    }));

  test("keyBy, keys, values, mapValues and flatMapValues take pairs apart and put them together", () =>
    forAllParts(async (parts) => {
      const all = parts.flat();
      const keyed = datasets()
        .ofParts(parts)
        .keyBy((x) => x % 3);
      expect(await keyed.collect()).toEqual(all.map((x) => [x % 3, x]));
      expect(await keyed.keys().collect()).toEqual(all.map((x) => x % 3));
      expect(await keyed.values().collect()).toEqual(all);
      expect(await keyed.mapValues((x) => x + 1).collect()).toEqual(all.map((x) => [x % 3, x + 1]));
      expect(
        await keyed
          .flatMapValues(function* (x) {
            yield x;
            yield 0;
          })
          .collect(),
      ).toEqual(
        all.flatMap((x) => [
          [x % 3, x],
          [x % 3, 0],
        ]),
      );
    }));

  test("zipWithIndex numbers records from 0 over all partitions", () =>
    forAllParts(async (parts) => {
      const indexed = datasets().ofParts(parts).zipWithIndex();
      expect(await indexed.collect()).toEqual(parts.flat().map((x, index) => [x, index]));
    }));

  test("zipWithUniqueId numbers record k of partition p of n with p + k x n", () =>
    forAllParts(async (parts) => {
      expect(await partitionsOf(datasets().ofParts(parts).zipWithUniqueId())).toEqual(
        parts.map((part, p) => part.map((x, k) => [x, p + k * parts.length])),
      );
    }));

  test("filterByRange keeps the pairs with keys between two bounds, both included", () =>
    forAllParts(async (parts) => {
      const keyed = datasets()
        .ofParts(parts)
        .keyBy((x) => x);
      expect(await keyed.filterByRange(-3, 3).keys().collect()).toEqual(
        parts.flat().filter((x) => x >= -3 && x <= 3),
      );
    }));
});

describe("operators that leave keys where they are", () => {
  const partitioner = new HashPartitioner(3);
  const placed = () =>
    datasets()
      .of([1, 2, 3, 4], 2)
      .keyBy((x) => x)
      .partitionBy(partitioner);

  test("keep the partitioner", () => {
    const pairs = placed();
    expect(pairs.partitioner).toBe(partitioner);
    expect(pairs.filter(() => true).partitioner).toBe(partitioner);
    expect(pairs.mapValues((x) => x).partitioner).toBe(partitioner);
    expect(pairs.flatMapValues((x) => [x]).partitioner).toBe(partitioner);
    expect(pairs.filterByRange(1, 2).partitioner).toBe(partitioner);
    expect(pairs.sample(false, 0.5).partitioner).toBe(partitioner);
    const keeping = { preservesPartitioning: true };
    expect(pairs.mapPartitions((p) => p, keeping).partitioner).toBe(partitioner);
    expect(pairs.mapPartitionsWithIndex((_, p) => p, keeping).partitioner).toBe(partitioner);
  });

  test("lose it where keys may change", () => {
    const pairs = placed();
    expect(pairs.map(([k, v]) => [k + 1, v]).partitioner).toBeUndefined();
    expect(pairs.flatMap((pair) => [pair]).partitioner).toBeUndefined();
    expect(pairs.mapPartitions((p) => p).partitioner).toBeUndefined();
    expect(pairs.keyBy(([k]) => -k).partitioner).toBeUndefined();
    expect(pairs.zipWithIndex().partitioner).toBeUndefined();
    expect(pairs.coalesce(1).partitioner).toBeUndefined();
  });
});

describe("operators over whole partitions", () => {
  test("union gives the partitions of one after those of the other", () =>
    fc.assert(
      fc.asyncProperty(numbers, numbers, async (left, right) => {
        const given = datasets();
        const both = given.ofParts(left).union(given.ofParts(right));
        expect(await partitionsOf(both)).toEqual([...left, ...right]);
        expect(both.partitionCount).toBe(left.length + right.length);
      }),
      { numRuns: 40 },
    ));

  test("cartesian gives every record of one with every record of the other", () =>
    fc.assert(
      fc.asyncProperty(numbers, numbers, async (left, right) => {
        const given = datasets();
        const product = given.ofParts(left).cartesian(given.ofParts(right));
        expect(await partitionsOf(product)).toEqual(
          left.flatMap((lefts) =>
            right.map((rights) => lefts.flatMap((a) => rights.map((b) => [a, b]))),
          ),
        );
      }),
      { numRuns: 40 },
    ));

  test("zip and zipPartitions put equal partitions side by side", () =>
    forAllParts(async (parts) => {
      const given = datasets();
      const left = given.ofParts(parts);
      const right = given.ofParts(parts.map((part) => part.map(String)));
      expect(await partitionsOf(left.zip(right))).toEqual(
        parts.map((part) => part.map((x) => [x, String(x)])),
      );
      expect(
        await partitionsOf(
          left.zipPartitions(right, function* (numbers, texts) {
            yield numbers.length + texts.length;
          }),
        ),
      ).toEqual(parts.map((part) => [2 * part.length]));
    }));

  test("coalesce joins neighbouring partitions, and never makes more of them", () =>
    fc.assert(
      fc.asyncProperty(numbers, fc.integer({ min: 1, max: 7 }), async (parts, count) => {
        const fewer = datasets().ofParts(parts).coalesce(count);
        expect(fewer.partitionCount).toBe(Math.min(count, parts.length));
        const joined = await partitionsOf(fewer);
        expect(joined.flat()).toEqual(parts.flat());
        const widths = Array.from({ length: fewer.partitionCount }, (_, index) => {
          const from = Math.floor((index * parts.length) / fewer.partitionCount);
          const until = Math.floor(((index + 1) * parts.length) / fewer.partitionCount);
          return parts.slice(from, until).flat();
        });
        expect(joined).toEqual(widths);
      }),
      { numRuns: 60 },
    ));

  test("a dataset without partitions has no records, whatever is done with it", async () => {
    const none = datasets().ofParts<number>([]);
    const pairs = none.keyBy((x) => x);
    const derived = [
      none.map((x) => x),
      none.distinct(),
      none.repartition(2),
      none.coalesce(2),
      none.cartesian(none),
      none.zip(none),
      none.zipWithIndex(),
      none.union(none),
      none.sortBy((x) => x),
      none.sample(true, 2),
      pairs.reduceByKey((a) => a),
      pairs.groupByKey(3),
      pairs.join(pairs),
      pairs.sortByKey(),
    ];
    for (const dataset of derived) expect(await dataset.collect()).toEqual([]);
  });
});
