/** Owns: what `transform`, `transformWith` and `union` infer, for one stream and for several. */
import { expectTypeOf, test } from "vitest";
import type { DStream, RDD } from "../../src/index.ts";
import { cities, citySet, countSet, counts, lines, mixed, numbers, ssc } from "./given.ts";

test("transform infers the records of the dataset that is returned", () => {
  const sorted = lines.transform((dataset, timeMs) => {
    expectTypeOf(dataset).toEqualTypeOf<RDD<string>>();
    expectTypeOf(timeMs).toEqualTypeOf<number>();
    return dataset.sortBy((line) => line.length).zipWithIndex();
  });
  expectTypeOf(sorted).toEqualTypeOf<DStream<[string, number]>>();
  expectTypeOf(counts.transform((dataset) => dataset.join(citySet))).toEqualTypeOf<
    DStream<[string, [number, { city: string }]]>
  >();
  expectTypeOf(lines.transform((dataset, timeMs) => dataset.map((l) => [l, timeMs]))).toEqualTypeOf<
    DStream<[string, number]>
  >();
});

test("transform may wait", () => {
  const first = numbers.transform(async (dataset) => {
    const smallest = await dataset.min();
    return dataset.map((n) => n - smallest);
  });
  expectTypeOf(first).toEqualTypeOf<DStream<number>>();
});

test("transform refuses what is no dataset", () => {
  // @ts-expect-error: an array
  lines.transform((dataset) => dataset.collect());
  // @ts-expect-error: nothing
  lines.transform(() => {});
});

test("transformWith infers both datasets", () => {
  const joined = counts.transformWith(cities, (left, right, timeMs) => {
    expectTypeOf(left).toEqualTypeOf<RDD<[string, number]>>();
    expectTypeOf(right).toEqualTypeOf<RDD<[string, { city: string }]>>();
    expectTypeOf(timeMs).toEqualTypeOf<number>();
    return left.leftOuterJoin(right);
  });
  expectTypeOf(joined).toEqualTypeOf<DStream<[string, [number, { city: string } | undefined]]>>();
  expectTypeOf(lines.transformWith(numbers, async (left) => left)).toEqualTypeOf<DStream<string>>();
});

test("transform of several streams knows each dataset by its place", () => {
  const three = ssc.transform([lines, numbers, counts], ([texts, values, pairs], timeMs) => {
    expectTypeOf(texts).toEqualTypeOf<RDD<string>>();
    expectTypeOf(values).toEqualTypeOf<RDD<number>>();
    expectTypeOf(pairs).toEqualTypeOf<RDD<[string, number]>>();
    expectTypeOf(timeMs).toEqualTypeOf<number>();
    return pairs.join(texts.cartesian(values));
  });
  expectTypeOf(three).toEqualTypeOf<DStream<[string, [number, number]]>>();
  const waited = ssc.transform([counts, cities], async ([left, right]) => left.join(right));
  expectTypeOf(waited).toEqualTypeOf<DStream<[string, [number, { city: string }]]>>();
});

test("transform takes an array of streams of one type", () => {
  const streams: DStream<number>[] = [numbers, numbers];
  const all = ssc.transform(streams, (datasets) => {
    expectTypeOf(datasets).toEqualTypeOf<readonly RDD<number>[]>();
    return ssc.data.union(datasets);
  });
  expectTypeOf(all).toEqualTypeOf<DStream<number>>();
});

test("union keeps the type, and refuses another one", () => {
  expectTypeOf(lines.union(lines)).toEqualTypeOf<DStream<string>>();
  expectTypeOf(ssc.union([counts, counts])).toEqualTypeOf<DStream<[string, number]>>();
  expectTypeOf(mixed.union(numbers)).toEqualTypeOf<DStream<string | number>>();
  expectTypeOf(countSet.union(countSet)).toEqualTypeOf<RDD<[string, number]>>();
  // @ts-expect-error: numbers are no texts
  lines.union(numbers);
});
