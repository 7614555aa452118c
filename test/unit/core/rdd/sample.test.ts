import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { datasets, partitionsOf } from "./datasets.ts";

const records = Array.from({ length: 10_000 }, (_, index) => index);

describe("sample", () => {
  test("draws the same for the same seed, in each dataset of the same partitions, and on each run", async () => {
    const given = datasets();
    for (const withReplacement of [false, true]) {
      const sample = given.of(records, 3).sample(withReplacement, 0.1, 7);
      const drawn = await sample.collect();
      expect(await sample.collect()).toEqual(drawn);
      expect(await given.of(records, 3).sample(withReplacement, 0.1, 7).collect()).toEqual(drawn);
      expect(await given.of(records, 3).sample(withReplacement, 0.1, 8).collect()).not.toEqual(
        drawn,
      );
      expect(await given.of(records, 3).sample(withReplacement, 0.1).collect()).not.toEqual(drawn);
    }
  });

  test("draws otherwise in each partition, and in each batch of a stream", async () => {
    const given = datasets();
    const parts = [records.slice(0, 100), records.slice(0, 100)];
    const [one, other] = await partitionsOf(given.ofParts(parts).sample(false, 0.5));
    expect(one).not.toEqual(other);
    const inBatch = async (batchTimeMs: number) => {
      const sample = given.of(records).sample(false, 0.5);
      sample.node.attributeTo({ uid: "sampled", kind: "transform", batchTimeMs });
      return sample.collect();
    };
    expect(await inBatch(1000)).toEqual(await inBatch(1000));
    expect(await inBatch(1000)).not.toEqual(await inBatch(2000));
  });

  test("without replacement gives each record at most once, about the fraction of them, in order", async () => {
    for (const fraction of [0, 0.01, 0.5, 0.9, 1]) {
      const drawn = await datasets().of(records, 4).sample(false, fraction, 42).collect();
      expect(drawn).toEqual([...new Set(drawn)].sort((a, b) => a - b));
      const deviation = Math.sqrt(records.length * fraction * (1 - fraction));
      expect(Math.abs(drawn.length - records.length * fraction)).toBeLessThanOrEqual(4 * deviation);
    }
  });

  test.each([0.1, 1, 3, 1500])(
    "with replacement gives each record %d times on average, by Poisson",
    async (mean) => {
      const given = datasets().of(records.slice(0, 2000), 4).sample(true, mean, 42);
      const times = new Array<number>(2000).fill(0);
      await given.foreach((x) => {
        times[x] = (times[x] ?? 0) + 1;
      });
      const average = times.reduce((a, b) => a + b, 0) / times.length;
      const variance = times.reduce((sum, n) => sum + (n - average) ** 2, 0) / times.length;
      expect(Math.abs(average - mean)).toBeLessThan(4 * Math.sqrt(mean / 2000));
      expect(variance / average).toBeGreaterThan(0.85);
      expect(variance / average).toBeLessThan(1.15);
    },
  );

  test("refuses a fraction that is none", () => {
    const invalid = expect.objectContaining({ code: "argument_invalid" });
    for (const fraction of [-0.1, 1.1, Number.NaN, Number.POSITIVE_INFINITY]) {
      expect(() => datasets().of([1]).sample(false, fraction)).toThrow(invalid);
    }
    for (const fraction of [-0.1, Number.NaN, Number.POSITIVE_INFINITY]) {
      expect(() => datasets().of([1]).sample(true, fraction)).toThrow(invalid);
    }
    expect(() => datasets().of([1]).sample(true, 2)).not.toThrow();
  });
});

describe("randomSplit", () => {
  test("deals each record to exactly one part, whatever the weights", () =>
    fc.assert(
      fc.asyncProperty(
        fc
          .array(fc.double({ min: 0, max: 5, noNaN: true }), { minLength: 1, maxLength: 5 })
          .filter((weights) => weights.some((weight) => weight > 0)),
        fc.integer(),
        async (weights, seed) => {
          const parts = datasets().of(records.slice(0, 300), 3).randomSplit(weights, seed);
          expect(parts.length).toBe(weights.length);
          const dealt = await Promise.all(parts.map((part) => part.collect()));
          expect(dealt.flat().sort((a, b) => a - b)).toEqual(records.slice(0, 300));
        },
      ),
      { numRuns: 40 },
    ));

  test("deals in the proportion of the weights", async () => {
    const parts = datasets().of(records, 3).randomSplit([2, 0, 6, 2], 42);
    const counts = await Promise.all(parts.map((part) => part.count()));
    [2000, 0, 6000, 2000].forEach((expected, part) => {
      const deviation = Math.sqrt((expected * (records.length - expected)) / records.length);
      expect(Math.abs((counts[part] ?? 0) - expected)).toBeLessThanOrEqual(4 * deviation);
    });
  });

  test("deals the same for the same seed, and not as sample draws", async () => {
    const given = datasets().of(records, 3);
    const first = await given.randomSplit([1, 1], 5)[0]?.collect();
    expect(await given.randomSplit([1, 1], 5)[0]?.collect()).toEqual(first);
    expect(await given.randomSplit([1, 1], 6)[0]?.collect()).not.toEqual(first);
    expect(await given.sample(false, 0.5, 5).collect()).not.toEqual(first);
  });

  test("refuses weights that are negative, all 0, none, or no numbers", () => {
    for (const weights of [[1, -1], [0, 0], [], [Number.NaN, 1], [Number.POSITIVE_INFINITY, 1]]) {
      expect(() => datasets().of([1]).randomSplit(weights)).toThrow(
        expect.objectContaining({ code: "argument_invalid" }),
      );
    }
  });
});
