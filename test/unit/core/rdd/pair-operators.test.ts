import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { encodeKey } from "../../../../src/codec/index.ts";
import { HashPartitioner, type Partitioner } from "../../../../src/core/index.ts";
import { type Datasets, datasets, partitionsOf } from "./datasets.ts";
import {
  byKey,
  expectSameRecords,
  groupsOf,
  keyArbitrary,
  mapped,
  pairsArbitrary,
  partitionCountArbitrary,
} from "./models.ts";

/** Runs a claim on random pairs in random partitions, shuffled to a random number of them. */
async function forAllPairs(
  claim: (
    given: Datasets,
    pairs: [unknown, number][],
    counts: { map: number; reduce: number },
  ) => Promise<void>,
): Promise<void> {
  await fc.assert(
    fc.asyncProperty(
      pairsArbitrary,
      partitionCountArbitrary,
      partitionCountArbitrary,
      (pairs, map, reduce) => claim(datasets(), pairs, { map, reduce }),
    ),
    { numRuns: 60 },
  );
}

describe("operators by key", () => {
  test("reduceByKey joins the values of equal keys in the order of the records", () =>
    forAllPairs(async (given, pairs, { map, reduce }) => {
      const texts = pairs.map(([key, value]): [unknown, string] => [key, `${value}`]);
      const joined = given.of(texts, map).reduceByKey((a, b) => `${a},${b}`, reduce);
      const expected = mapped(groupsOf(texts), (values) => values.join(","));
      expect(byKey(await joined.collect())).toEqual(expected);
      expect(joined.partitionCount).toBe(reduce);
    }));

  test("groupByKey gives the values of equal keys in the order of the records", () =>
    forAllPairs(async (given, pairs, { map, reduce }) => {
      const grouped = given.of(pairs, map).groupByKey(reduce);
      expect(byKey(await grouped.collect())).toEqual(groupsOf(pairs));
    }));

  test("groupBy groups records by what a function gives for them", () =>
    forAllPairs(async (given, pairs, { map, reduce }) => {
      const keys = pairs.map(([key]) => key);
      const grouped = given.of(keys, map).groupBy((key) => [key], reduce);
      const expected = groupsOf(keys.map((key) => [[key], key] as const));
      const actual = byKey(await grouped.collect());
      expect(mapped(actual, (values) => values.map(encodeKey))).toEqual(
        mapped(expected, (values) => values.map(encodeKey)),
      );
    }));

  test("foldByKey and aggregateByKey begin with a zero of their own for each key", () =>
    forAllPairs(async (given, pairs, { map, reduce }) => {
      const dataset = given.of(pairs, map);
      const groups = groupsOf(pairs);
      const sum = (values: number[]) => values.reduce((a, b) => a + b, 0);
      expect(byKey(await dataset.foldByKey(0, (a, b) => a + b, reduce).collect())).toEqual(
        mapped(groups, sum),
      );
      const lists = dataset.aggregateByKey(
        { values: [] as number[] },
        (list, value) => {
          list.values.push(value);
          return list;
        },
        (left, right) => {
          left.values.push(...right.values);
          return left;
        },
        reduce,
      );
      expect(byKey(await lists.collect())).toEqual(mapped(groups, (values) => ({ values })));
    }));

  test("combineByKey gives the same with and without combining on the map side", () =>
    forAllPairs(async (given, pairs, { map, reduce }) => {
      const dataset = given.of(pairs, map);
      for (const mapSideCombine of [true, false]) {
        const combined = dataset.combineByKey(
          {
            create: (value: number) => `<${value}`,
            mergeValue: (text: string, value: number) => `${text},${value}`,
            mergeCombiners: (left: string, right: string) => `${left},${right.slice(1)}`,
            mapSideCombine,
          },
          reduce,
        );
        expect(byKey(await combined.collect())).toEqual(
          mapped(groupsOf(pairs), (values) => `<${values.join(",")}`),
        );
      }
    }));

  test("partitionBy puts each pair where the partitioner says, equal keys in their order", () =>
    forAllPairs(async (given, pairs, { map, reduce }) => {
      const partitioner = new HashPartitioner(reduce);
      const parts = await partitionsOf(given.of(pairs, map).partitionBy(partitioner));
      expect(parts.length).toBe(reduce);
      parts.forEach((part, index) => {
        expect(part).toEqual(pairs.filter(([key]) => partitioner.partitionOf(key) === index));
      });
    }));

  test("distinct gives each record once", () =>
    forAllPairs(async (given, pairs, { map, reduce }) => {
      const distinct = await given.of(pairs, map).distinct(reduce).collect();
      const expected = new Map(pairs.map((pair) => [encodeKey(pair), pair]));
      expectSameRecords(distinct, [...expected.values()]);
    }));

  test("lookup gives the values of a key in their order, with and without a partitioner", () =>
    forAllPairs(async (given, pairs, { map, reduce }) => {
      const dataset = given.of(pairs, map);
      const placed = dataset.partitionBy(reduce);
      for (const [key] of [...pairs, ["absent"]]) {
        const expected = groupsOf(pairs).get(encodeKey(key)) ?? [];
        expect(await dataset.lookup(key)).toEqual(expected);
        expect(await placed.lookup(key)).toEqual(expected);
      }
    }));

  test("countByKey, countByValue, collectAsMap and reduceByKeyLocally give maps by value", () =>
    forAllPairs(async (given, pairs, { map }) => {
      const dataset = given.of(pairs, map);
      const groups = groupsOf(pairs);
      expect(byKey(await dataset.countByKey())).toEqual(mapped(groups, ({ length }) => length));
      expect(byKey(await dataset.keys().countByValue())).toEqual(
        mapped(groups, ({ length }) => length),
      );
      expect(byKey(await dataset.collectAsMap())).toEqual(
        mapped(groups, (values) => values.at(-1)),
      );
      expect(byKey(await dataset.reduceByKeyLocally((a, b) => a * 2 + b))).toEqual(
        // Within a partition first, then over partitions: only an associative function has one answer.
        map === 1
          ? mapped(groups, (values) => values.reduce((a, b) => a * 2 + b))
          : expect.any(Map),
      );
      expect(byKey(await dataset.reduceByKeyLocally((a, b) => a + b))).toEqual(
        mapped(groups, (values) => values.reduce((a, b) => a + b)),
      );
    }));
});

describe("operators on two datasets", () => {
  /** Runs a claim on two datasets of pairs that share many keys. */
  const forAllTwo = (
    claim: (sides: {
      given: Datasets;
      left: [unknown, number][];
      right: [unknown, number][];
      counts: readonly [number, number, number];
    }) => Promise<void>,
  ) =>
    fc.assert(
      fc.asyncProperty(
        pairsArbitrary,
        pairsArbitrary,
        fc.tuple(partitionCountArbitrary, partitionCountArbitrary, partitionCountArbitrary),
        (left, right, counts) => claim({ given: datasets(), left, right, counts }),
      ),
      { numRuns: 50 },
    );

  test("cogroup and groupWith give each key of either side with the values of both, in order", () =>
    forAllTwo(async ({ given, left, right, counts: [m, n, reduce] }) => {
      const lefts = groupsOf(left);
      const rights = groupsOf(right);
      const keys = new Set([...lefts.keys(), ...rights.keys()]);
      const expected = new Map(
        [...keys].map((key) => [key, [lefts.get(key) ?? [], rights.get(key) ?? []]]),
      );
      const [a, b] = [given.of(left, m), given.of(right, n)];
      expect(byKey(await a.cogroup(b, reduce).collect())).toEqual(expected);
      expect(byKey(await a.groupWith(b).collect())).toEqual(expected);
    }));

  test("joins give every pair of values, with undefined where an outer side has none", () =>
    forAllTwo(async ({ given, left, right, counts: [m, n, reduce] }) => {
      const model = (keepsLeft: boolean, keepsRight: boolean) => {
        const lefts = groupsOf(left);
        const rights = groupsOf(right);
        const keys = new Set([...lefts.keys(), ...rights.keys()]);
        return [...keys].flatMap((key) => {
          const ls = lefts.get(key) ?? (keepsRight ? [undefined] : []);
          const rs = rights.get(key) ?? (keepsLeft ? [undefined] : []);
          return ls.flatMap((l) => rs.map((r) => [key, [l, r]]));
        });
      };
      const keyed = (records: readonly (readonly [unknown, unknown])[]) =>
        records.map(([key, values]) => [encodeKey(key), values]);
      const [a, b] = [given.of(left, m), given.of(right, n)];
      expectSameRecords(keyed(await a.join(b, reduce).collect()), model(false, false));
      expectSameRecords(keyed(await a.leftOuterJoin(b, reduce).collect()), model(true, false));
      expectSameRecords(keyed(await a.rightOuterJoin(b, reduce).collect()), model(false, true));
      expectSameRecords(keyed(await a.fullOuterJoin(b, reduce).collect()), model(true, true));
    }));

  test("subtractByKey keeps the pairs, subtract the records, that the other has not, as often as they are there", () =>
    forAllTwo(async ({ given, left, right, counts: [m, n, reduce] }) => {
      const rightKeys = new Set(right.map(([key]) => encodeKey(key)));
      const [a, b] = [given.of(left, m), given.of(right, n)];
      expectSameRecords(
        await a.subtractByKey(b, reduce).collect(),
        left.filter(([key]) => !rightKeys.has(encodeKey(key))),
      );
      expectSameRecords(
        await a.keys().subtract(b.keys(), reduce).collect(),
        left.map(([key]) => key).filter((key) => !rightKeys.has(encodeKey(key))),
      );
    }));

  test("intersection gives each record that both have once", () =>
    forAllTwo(async ({ given, left, right, counts: [m, n, reduce] }) => {
      const rightKeys = new Set(right.map(([key]) => encodeKey(key)));
      const both = new Map(left.map(([key]) => [encodeKey(key), key]));
      expectSameRecords(
        await given.of(left, m).keys().intersection(given.of(right, n).keys(), reduce).collect(),
        [...both].filter(([text]) => rightKeys.has(text)).map(([, key]) => key),
      );
    }));
});

describe("repartition", () => {
  test("deals the records out to partitions that differ by no more than there were before", () =>
    fc.assert(
      fc.asyncProperty(
        fc.array(keyArbitrary, { maxLength: 60 }),
        partitionCountArbitrary,
        partitionCountArbitrary,
        async (records, from, to) => {
          const parts = await partitionsOf(datasets().of(records, from).repartition(to));
          expectSameRecords(parts.flat(), records);
          const sizes = parts.map(({ length }) => length);
          expect(sizes.length).toBe(to);
          expect(Math.max(...sizes) - Math.min(...sizes)).toBeLessThanOrEqual(from);
        },
      ),
      { numRuns: 60 },
    ));

  test("spreads partitions of one record each", async () => {
    const dealt = datasets()
      .ofParts([["a"], ["b"], ["c"], ["d"]])
      .repartition(4);
    expect(await partitionsOf(dealt)).toEqual([["a"], ["b"], ["c"], ["d"]]);
  });

  test("is what coalesce with a shuffle does, to more partitions too", async () => {
    const given = datasets().of([1, 2, 3, 4], 2);
    expect(given.coalesce(3, { shuffle: true }).partitionCount).toBe(3);
    expectSameRecords(await given.coalesce(3, { shuffle: true }).collect(), [1, 2, 3, 4]);
  });
});

describe("the partitioner of a result", () => {
  const pairs = (given: Datasets) => given.of([1, 2, 3], 3).keyBy((x) => x);

  test("is the one asked for, by number or as it is", () => {
    const given = pairs(datasets());
    const own: Partitioner = { partitionCount: 2, partitionOf: () => 1, equals: (o) => o === own };
    expect(given.reduceByKey((a) => a, 4).partitioner).toEqual(new HashPartitioner(4));
    expect(given.reduceByKey((a) => a, own).partitioner).toBe(own);
  });

  test("is else that of the dataset, or of the other side, or hash by the default parallelism", () => {
    const given = datasets({ defaultParallelism: 3 });
    const plain = pairs(given);
    const placed = plain.partitionBy(new HashPartitioner(5));
    expect(plain.groupByKey().partitionCount).toBe(3);
    expect(placed.groupByKey().partitioner).toBe(placed.partitioner);
    expect(placed.join(plain).partitioner).toBe(placed.partitioner);
    expect(plain.join(placed).partitioner).toBe(placed.partitioner);
    expect(plain.cogroup(placed).partitioner).toBe(placed.partitioner);
    expect(plain.subtractByKey(placed).partitioner).toBe(placed.partitioner);
    expect(plain.join(plain).partitionCount).toBe(3);
  });

  test("is asked for keys only, never for the whole records of distinct, subtract or intersection", async () => {
    const asked: unknown[] = [];
    const own: Partitioner = {
      partitionCount: 2,
      partitionOf: (key) => {
        asked.push(key);
        return 0;
      },
      equals: (other) => other === own,
    };
    const placed = pairs(datasets()).partitionBy(own);
    await placed.distinct().collect();
    await placed.subtract(placed).collect();
    await placed.intersection(placed).collect();
    await placed.groupBy(([key]) => [key]).collect();
    expect(new Set(asked)).toEqual(new Set([1, 2, 3]));
  });

  test("stays with a union of datasets that share it, and is lost to a union of others", async () => {
    const given = datasets();
    const left = pairs(given).partitionBy(2);
    const right = pairs(given).partitionBy(2);
    const both = left.union(right);
    expect(both.partitioner).toEqual(new HashPartitioner(2));
    expect(both.partitionCount).toBe(2);
    const [a = [], b = []] = await partitionsOf(left);
    expect(await partitionsOf(both)).toEqual([
      [...a, ...a],
      [...b, ...b],
    ]);
    expect(left.union(pairs(given).partitionBy(3)).partitioner).toBeUndefined();
    expect(left.union(pairs(given)).partitioner).toBeUndefined();
  });
});
