import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { encodeKey } from "../../../../src/codec/index.ts";
import { StatCounter } from "../../../../src/core/index.ts";
import { drawSample } from "../../../../src/core/rdd/take-sample.ts";
import { datasets } from "./datasets.ts";
import { keyArbitrary, partsArbitrary, sortedBy } from "./models.ts";

const numbers = partsArbitrary(fc.integer({ min: -9, max: 9 }));

async function forAllParts(claim: (parts: number[][]) => Promise<void>): Promise<void> {
  await fc.assert(fc.asyncProperty(numbers, claim), { numRuns: 60 });
}

describe("actions that give records", () => {
  test("collect and toLocalIterator give all records in the order of the partitions", () =>
    forAllParts(async (parts) => {
      const given = datasets().ofParts(parts);
      expect(await given.collect()).toEqual(parts.flat());
      const iterated: number[] = [];
      for await (const record of given.toLocalIterator()) iterated.push(record);
      expect(iterated).toEqual(parts.flat());
    }));

  test("toLocalIterator computes a partition when the one before it has been read", async () => {
    const computed: number[] = [];
    const records = datasets()
      .of([0, 1, 2, 3], 2)
      .mapPartitionsWithIndex((partition, part) => {
        computed.push(partition);
        return part;
      })
      .toLocalIterator();
    expect(computed).toEqual([]);
    await records.next();
    await records.next();
    expect(computed).toEqual([0]);
    await records.next();
    expect(computed).toEqual([0, 1]);
  });

  test("take gives the first records", () =>
    fc.assert(
      fc.asyncProperty(numbers, fc.nat({ max: 30 }), async (parts, count) => {
        expect(await datasets().ofParts(parts).take(count)).toEqual(parts.flat().slice(0, count));
      }),
      { numRuns: 60 },
    ));

  test("first gives the first record, undefined too where that is the record", async () => {
    expect(
      await datasets()
        .ofParts([[], [7], [8]])
        .first(),
    ).toBe(7);
    expect(await datasets().of([undefined, 1]).first()).toBeUndefined();
  });

  test("takeOrdered and top give the smallest and the largest records in order", () =>
    fc.assert(
      fc.asyncProperty(partsArbitrary(keyArbitrary), fc.nat({ max: 12 }), async (parts, count) => {
        const given = datasets().ofParts(parts);
        const sorted = sortedBy(parts.flat(), (x) => x).map(encodeKey);
        expect((await given.takeOrdered(count)).map(encodeKey)).toEqual(sorted.slice(0, count));
        expect((await given.top(count)).map(encodeKey)).toEqual(
          sorted.toReversed().slice(0, count),
        );
      }),
      { numRuns: 60 },
    ));

  test("takeOrdered and top of many records take an order of one's own, too", async () => {
    const records = Array.from({ length: 5000 }, (_, index) => (index * 3119) % 5000);
    const given = datasets().of(records, 3);
    expect(await given.takeOrdered(3)).toEqual([0, 1, 2]);
    expect(await given.top(3)).toEqual([4999, 4998, 4997]);
    const byLastDigit = (a: number, b: number) => (a % 10) - (b % 10) || a - b;
    expect(await given.takeOrdered(2, byLastDigit)).toEqual([0, 10]);
    expect(await given.top(2, byLastDigit)).toEqual([4999, 4989]);
  });

  test("takeSample draws as many as asked for, each place once unless with replacement", async () => {
    const given = datasets().of(
      Array.from({ length: 50 }, (_, index) => index),
      3,
    );
    const drawn = await given.takeSample(false, 20, 1);
    expect(new Set(drawn).size).toBe(20);
    expect(await given.takeSample(false, 20, 1)).toEqual(drawn);
    expect(await given.takeSample(false, 20, 2)).not.toEqual(drawn);
    expect((await given.takeSample(false, 80)).sort((a, b) => a - b)).toEqual(
      await given.collect(),
    );
    const replaced = await given.takeSample(true, 80, 1);
    expect(replaced.length).toBe(80);
    expect(new Set(replaced).size).toBeLessThan(50);
    expect(await datasets().of([]).takeSample(true, 5)).toEqual([]);
  });

  test("takeSample draws every order of records alike", () => {
    const orders = new Map<string, number>();
    for (let seed = 0; seed < 12_000; seed++) {
      const drawn = drawSample(["a", "b", "c"], { withReplacement: false, count: 3, seed }).join(
        "",
      );
      orders.set(drawn, (orders.get(drawn) ?? 0) + 1);
    }
    expect([...orders.keys()].sort()).toEqual(["abc", "acb", "bac", "bca", "cab", "cba"]);
    for (const times of orders.values()) expect(Math.abs(times - 2000)).toBeLessThan(170);
  });
});

describe("actions that make one of many", () => {
  test("count, sum, reduce, fold, aggregate, min and max give what arrays give", () =>
    forAllParts(async (parts) => {
      const given = datasets().ofParts(parts);
      const all = parts.flat();
      const add = (a: number, b: number) => a + b;
      expect(await given.count()).toBe(all.length);
      expect(await given.isEmpty()).toBe(all.length === 0);
      expect(await given.sum()).toBe(all.reduce(add, 0));
      expect(await given.fold(0, add)).toBe(all.reduce(add, 0));
      const join = (a: string, b: string) => a + b;
      const texts = given.map(String);
      expect(await texts.fold("", join)).toBe(all.join(""));
      expect(await given.aggregate("", (text, x) => text + x, join)).toBe(all.join(""));
      expect(await given.treeAggregate("", (text, x) => text + x, join)).toBe(all.join(""));
      if (all.length === 0) return;
      expect(await texts.reduce(join)).toBe(all.join(""));
      expect(await texts.treeReduce(join)).toBe(all.join(""));
      expect(await given.min()).toBe(Math.min(...all));
      expect(await given.max()).toBe(Math.max(...all));
      const byDistance = (a: number, b: number) => Math.abs(a) - Math.abs(b);
      expect(Math.abs(await given.max(byDistance))).toBe(Math.max(...all.map(Math.abs)));
    }));

  test("fold and aggregate add the zero in each partition and once more on the driver", async () => {
    const given = datasets().ofParts([[1], [], [2]]);
    expect(await given.fold(10, (a, b) => a + b)).toBe(43);
  });

  test("aggregate may change its totals in place: each partition has a zero of its own, and so has each run", async () => {
    const given = datasets().ofParts([[1, 2], [3]]);
    const zero = { seen: [] as number[] };
    const run = () =>
      given.aggregate(
        zero,
        (total, x) => {
          total.seen.push(x);
          return total;
        },
        (left, right) => {
          left.seen.push(...right.seen);
          return left;
        },
      );
    expect(await run()).toEqual({ seen: [1, 2, 3] });
    expect(await run()).toEqual({ seen: [1, 2, 3] });
    expect(zero).toEqual({ seen: [] });
  });

  test("reduce takes undefined for a record like any other", async () => {
    const given = datasets().ofParts([[undefined, undefined], [undefined]]);
    let calls = 0;
    const count = () => {
      calls++;
      return undefined;
    };
    expect(await given.reduce(count)).toBeUndefined();
    expect(calls).toBe(2);
  });

  test("foreach and foreachPartition see every record once, and are waited for", async () => {
    const given = datasets().ofParts([[1, 2], [], [3]]);
    const seen: unknown[] = [];
    await given.foreach((record) => seen.push(record));
    expect(seen).toEqual([1, 2, 3]);
    const parts: unknown[] = [];
    await given.foreachPartition(async (records, partition) => {
      await new Promise((resolve) => setImmediate(resolve));
      parts.push([partition, [...records]]);
    });
    expect(parts).toEqual([
      [0, [1, 2]],
      [1, []],
      [2, [3]],
    ]);
  });
});

describe("statistics", () => {
  const stats = (parts: readonly number[][]) => datasets().ofParts(parts).stats();

  test("are the same however the numbers are cut into partitions", () =>
    forAllParts(async (parts) => {
      const all = parts.flat();
      if (all.length < 2) return;
      const given = datasets().ofParts(parts);
      const mean = all.reduce((a, b) => a + b, 0) / all.length;
      const squares = all.reduce((sum, x) => sum + (x - mean) ** 2, 0);
      const counter = await given.stats();
      expect(counter.count).toBe(all.length);
      expect(counter.min).toBe(Math.min(...all));
      expect(counter.max).toBe(Math.max(...all));
      expect(await given.mean()).toBeCloseTo(mean, 9);
      expect(await given.variance()).toBeCloseTo(squares / all.length, 9);
      expect(await given.stdev()).toBeCloseTo(Math.sqrt(squares / all.length), 9);
      const sampled = squares / (all.length - 1);
      expect(await given.sampleVariance()).toBeCloseTo(sampled, 9);
      expect(await given.sampleStdev()).toBeCloseTo(Math.sqrt(sampled), 9);
      expect(counter.sum).toBeCloseTo(
        all.reduce((a, b) => a + b, 0),
        9,
      );
    }));

  test("of nothing are NaN, and the sum is 0", async () => {
    const none = datasets().ofParts<number>([[], []]);
    expect(await none.sum()).toBe(0);
    for (const value of [none.mean(), none.variance(), none.stdev(), none.sampleVariance()]) {
      expect(await value).toBeNaN();
    }
    expect((await stats([])).count).toBe(0);
  });

  test("stay exact where the numbers are large and close together", () => {
    const counter = new StatCounter();
    for (const x of [4, 7, 13, 16]) counter.add(1e9 + x);
    expect(counter.sampleVariance).toBe(30);
  });

  test("keep a NaN in the mean, and out of the smallest and largest", async () => {
    const counter = await stats([[1, Number.NaN], [3]]);
    expect(counter.mean).toBeNaN();
    expect([counter.min, counter.max]).toEqual([1, 3]);
  });
});

describe("histogram", () => {
  const given = () => datasets().ofParts([[1, 2.5, 4], [], [-1, 4, 10, Number.NaN]]);

  test("counts each number in the bucket from its bound up to the next, the last one with its end", async () => {
    expect(await given().histogram([1, 2.5, 4])).toEqual({ bounds: [1, 2.5, 4], counts: [1, 3] });
    expect(await given().histogram([-5, 0])).toEqual({ bounds: [-5, 0], counts: [1] });
  });

  test("counts what a loop over the buckets counts", () =>
    fc.assert(
      fc.asyncProperty(
        numbers,
        fc.uniqueArray(fc.integer({ min: -9, max: 9 }), { minLength: 2, maxLength: 6 }),
        async (parts, unordered) => {
          const bounds = unordered.sort((a, b) => a - b);
          const last = bounds.length - 2;
          const expected = bounds.slice(0, -1).map((from, bucket) => {
            const to = bounds[bucket + 1] ?? 0;
            return parts
              .flat()
              .filter((x) => x >= from && (x < to || (bucket === last && x === to))).length;
          });
          expect((await datasets().ofParts(parts).histogram(bounds)).counts).toEqual(expected);
        },
      ),
      { numRuns: 60 },
    ));

  test("makes buckets of one width from the smallest to the largest", async () => {
    const numbers = datasets().of([0, 1, 2, 3, 10], 2);
    expect(await numbers.histogram(4)).toEqual({
      bounds: [0, 2.5, 5, 7.5, 10],
      counts: [3, 1, 0, 1],
    });
    expect(await numbers.histogram(1)).toEqual({ bounds: [0, 10], counts: [5] });
  });

  test("makes one bucket of numbers that are all the same, however large", async () => {
    expect(await datasets().of([5, 5]).histogram(3)).toEqual({ bounds: [5, 5], counts: [2] });
    expect(await datasets().of([1e300]).histogram(3)).toEqual({
      bounds: [1e300, 1e300],
      counts: [1],
    });
  });
});
