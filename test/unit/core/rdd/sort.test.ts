import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { compareKeys } from "../../../../src/codec/index.ts";
import { HashPartitioner } from "../../../../src/core/index.ts";
import { datasets, partitionsOf } from "./datasets.ts";
import { keyArbitrary, pairsArbitrary, partitionCountArbitrary, sortedBy } from "./models.ts";

const ascending = (a: readonly unknown[], b: readonly unknown[]) => compareKeys(a[0], b[0]);
const descending = (a: readonly unknown[], b: readonly unknown[]) => compareKeys(b[0], a[0]);

describe("sortByKey", () => {
  test("orders pairs over all partitions, equal keys as they came, up or down", () =>
    fc.assert(
      fc.asyncProperty(
        pairsArbitrary,
        partitionCountArbitrary,
        partitionCountArbitrary,
        async (pairs, from, partitionCount) => {
          const given = datasets().of(pairs, from);
          const up = given.sortByKey({ partitionCount });
          expect(await up.collect()).toEqual(pairs.toSorted(ascending));
          expect(up.partitionCount).toBe(partitionCount);
          const down = given.sortByKey({ ascending: false, partitionCount });
          expect(await down.collect()).toEqual(pairs.toSorted(descending));
        },
      ),
      { numRuns: 80 },
    ));

  test("never splits equal keys over two partitions", () =>
    fc.assert(
      fc.asyncProperty(pairsArbitrary, partitionCountArbitrary, async (pairs, partitionCount) => {
        const parts = await partitionsOf(datasets().of(pairs, 3).sortByKey({ partitionCount }));
        const filled = parts.filter(({ length }) => length > 0);
        filled.slice(1).forEach((part, index) => {
          const last = filled[index]?.at(-1)?.[0];
          expect(compareKeys(last, part[0]?.[0])).toBeLessThan(0);
        });
      }),
      { numRuns: 60 },
    ));

  test("keeps the number of partitions, one at least", () => {
    const given = datasets();
    const pairs = given.of([1], 4).keyBy((x) => x);
    expect(pairs.sortByKey().partitionCount).toBe(4);
    expect(given.ofParts<[number, number]>([]).sortByKey().partitionCount).toBe(1);
  });

  test("shares distinct keys out evenly", async () => {
    const keys = Array.from({ length: 8000 }, (_, index) => (index * 4099) % 8000);
    const sorted = datasets()
      .of(keys, 3)
      .keyBy((x) => x)
      .sortByKey({ partitionCount: 4 });
    for (const part of await partitionsOf(sorted)) {
      expect(part.length).toBeGreaterThan(1700);
      expect(part.length).toBeLessThan(2300);
    }
  });

  test("shares out by the number of records, whatever partition they come from", async () => {
    const low = Array.from({ length: 400 }, (_, index) => index);
    const high = Array.from({ length: 40_000 }, (_, index) => 1000 + index);
    const sorted = datasets()
      .ofParts([low, high])
      .keyBy((x) => x)
      .sortByKey({ partitionCount: 2 });
    const [first = [], second = []] = await partitionsOf(sorted);
    expect(Math.abs(first.length - second.length)).toBeLessThan(2000);
  });

  test("gives two distinct keys a partition each", async () => {
    const sorted = datasets()
      .of(["b", "a", "b", "a"], 2)
      .keyBy((x) => x)
      .sortByKey({ partitionCount: 2 });
    expect((await partitionsOf(sorted)).map((part) => part.map(([key]) => key))).toEqual([
      ["a", "a"],
      ["b", "b"],
    ]);
  });

  test("runs nothing before an action, and samples only where there is something to share out", async () => {
    const given = datasets();
    let calls = 0;
    const pairs = given.of([3, 1, 2], 2).keyBy((x) => {
      calls++;
      return x;
    });
    const sorted = pairs.sortByKey();
    expect(calls).toBe(0);
    await sorted.collect();
    expect(given.stagesRun()).toEqual(["range bounds", "shuffle"]);
    await pairs.sortByKey({ partitionCount: 1 }).collect();
    expect(given.stagesRun()).toEqual(["shuffle"]);
  });
});

describe("sortBy", () => {
  test("orders records by what a function gives for them, equal ones as they came", () =>
    fc.assert(
      fc.asyncProperty(
        fc.array(keyArbitrary, { maxLength: 30 }),
        partitionCountArbitrary,
        async (records, partitionCount) => {
          const given = datasets().of(records, 3);
          expect(await given.sortBy((x) => x, { partitionCount }).collect()).toEqual(
            sortedBy(records, (x) => x),
          );
          expect(
            await given
              .zipWithIndex()
              .sortBy(([x]) => typeof x, { ascending: false, partitionCount })
              .collect(),
          ).toEqual(
            records
              .map((x, index) => [x, index])
              .toSorted(([a], [b]) => compareKeys(typeof b, typeof a)),
          );
        },
      ),
      { numRuns: 60 },
    ));
});

describe("repartitionAndSortWithinPartitions", () => {
  test("orders the pairs of each partition of its partitioner, equal keys as they came", () =>
    fc.assert(
      fc.asyncProperty(pairsArbitrary, partitionCountArbitrary, async (pairs, count) => {
        const partitioner = new HashPartitioner(count);
        const placed = datasets().of(pairs, 3).repartitionAndSortWithinPartitions(partitioner);
        expect(placed.partitioner).toBe(partitioner);
        (await partitionsOf(placed)).forEach((part, index) => {
          expect(part).toEqual(
            pairs.filter(([key]) => partitioner.partitionOf(key) === index).toSorted(ascending),
          );
        });
      }),
      { numRuns: 60 },
    ));
});
