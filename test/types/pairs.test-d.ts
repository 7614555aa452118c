/** Owns: the operators that are there for pairs only, and what they infer. */
import { expectTypeOf, test } from "vitest";
import { type DStream, HashPartitioner, type KeyMap, type RDD } from "../../src/index.ts";
import {
  citySet,
  countSet,
  counts,
  type Json,
  lineSet,
  lines,
  mixed,
  numberSet,
  numbers,
  parsed,
} from "./given.ts";

test("operators on pairs do not compile on a stream of something else", () => {
  // @ts-expect-error: words are no pairs
  lines.reduceByKey(first);
  // @ts-expect-error: words are no pairs
  lines.groupByKey();
  // @ts-expect-error: words are no pairs
  lines.mapValues(String);
  // @ts-expect-error: words are no pairs
  lines.join(counts);
  // @ts-expect-error: nothing can be joined with words
  counts.join(lines);
  // @ts-expect-error: words are no pairs
  lines.updateStateByKey(first);
  // @ts-expect-error: words are no pairs
  lines.mapWithState(first);
  // @ts-expect-error: not all records are pairs
  mixed.reduceByKey(first);
  // @ts-expect-error: triples are no pairs
  numbers.map((x) => [x, x, x]).groupByKey();
  // @ts-expect-error: arrays are no pairs
  lines.map((line) => line.split(",")).groupByKey();
  // @ts-expect-error: a pair or nothing is no pair
  lines.map((line) => (line === "" ? undefined : [line, 1])).groupByKey();
});

test("operators on pairs do not compile on a dataset of something else", () => {
  // @ts-expect-error: words are no pairs
  lineSet.reduceByKey(first);
  // @ts-expect-error: words are no pairs
  lineSet.keys();
  // @ts-expect-error: words are no pairs
  lineSet.values();
  // @ts-expect-error: words are no pairs
  lineSet.sortByKey();
  // @ts-expect-error: words are no pairs
  lineSet.cogroup(countSet);
  // @ts-expect-error: nothing can be joined with words
  countSet.join(lineSet);
  // @ts-expect-error: words are no pairs
  void lineSet.collectAsMap();
  // @ts-expect-error: words are no pairs
  void lineSet.countByKey();
  // @ts-expect-error: words are no pairs
  void lineSet.lookup("a");
});

test("reduceByKey keeps the type, and refuses another one", () => {
  expectTypeOf(counts.reduceByKey((left, right) => left + right)).toEqualTypeOf<
    DStream<[string, number]>
  >();
  expectTypeOf(countSet.reduceByKey(Math.max, 4)).toEqualTypeOf<RDD<[string, number]>>();
  expectTypeOf(countSet.reduceByKey(Math.max, new HashPartitioner(4))).toEqualTypeOf<
    RDD<[string, number]>
  >();
  // @ts-expect-error: the counts become texts
  counts.reduceByKey((left, right) => `${left}${right}`);
  // @ts-expect-error: the counts become texts
  countSet.reduceByKey((left, right) => `${left}${right}`);
});

test("reduceByKey over tuples takes literals for tuples", () => {
  const sums = counts.mapValues((n) => [n, 1]);
  expectTypeOf(sums).toEqualTypeOf<DStream<[string, [number, number]]>>();
  expectTypeOf(sums.reduceByKey(([a, n], [b, m]) => [a + b, n + m])).toEqualTypeOf<
    DStream<[string, [number, number]]>
  >();
  // @ts-expect-error: one of two
  sums.reduceByKey(([a], [b]) => [a + b]);
});

test("groupByKey gives the values as an array", () => {
  expectTypeOf(counts.groupByKey()).toEqualTypeOf<DStream<[string, number[]]>>();
  expectTypeOf(countSet.groupByKey(2)).toEqualTypeOf<RDD<[string, number[]]>>();
});

test("mapValues keeps the key and infers the value", () => {
  expectTypeOf(counts.mapValues((n) => n > 1)).toEqualTypeOf<DStream<[string, boolean]>>();
  expectTypeOf(counts.mapValues(() => 1)).toEqualTypeOf<DStream<[string, number]>>();
  expectTypeOf(countSet.mapValues((n) => ({ n }))).toEqualTypeOf<RDD<[string, { n: number }]>>();
  expectTypeOf(counts.mapValues((n) => (n > 1 ? n : "many"))).toEqualTypeOf<
    DStream<[string, number | "many"]>
  >();
  expectTypeOf(counts.mapValues((n) => (n > 1 ? [n, 1] : undefined))).toEqualTypeOf<
    DStream<[string, [number, number] | undefined]>
  >();
  expectTypeOf(counts.mapValues((n) => [n])).toEqualTypeOf<DStream<[string, number[]]>>();
  expectTypeOf(countSet.mapValues((n) => [n])).toEqualTypeOf<RDD<[string, number[]]>>();
  expectTypeOf(counts.mapValues((n) => JSON.parse(`${n}`))).toEqualTypeOf<
    DStream<[string, Json]>
  >();
});

test("keys and values take pairs apart", () => {
  expectTypeOf(citySet.keys()).toEqualTypeOf<RDD<string>>();
  expectTypeOf(citySet.values()).toEqualTypeOf<RDD<{ city: string }>>();
});

test("combineByKey infers what is combined from what begins it", () => {
  const lists = counts.combineByKey({
    create: (n) => [n],
    mergeValue: (list, n) => [...list, n],
    mergeCombiners: (left, right) => [...left, ...right],
  });
  expectTypeOf(lists).toEqualTypeOf<DStream<[string, number[]]>>();
  const totals = countSet.combineByKey({
    create: (n) => ({ n, times: 1 }),
    mergeValue: (total, n) => ({ n: total.n + n, times: total.times + 1 }),
    mergeCombiners: (left, right) => ({ n: left.n + right.n, times: left.times + right.times }),
    mapSideCombine: false,
  });
  expectTypeOf(totals).toEqualTypeOf<RDD<[string, { n: number; times: number }]>>();
  const means = countSet.combineByKey({
    create: (n): [number, number] => [n, 1],
    mergeValue: ([sum, times], n) => [sum + n, times + 1],
    mergeCombiners: ([a, n], [b, m]) => [a + b, n + m],
  });
  expectTypeOf(means).toEqualTypeOf<RDD<[string, [number, number]]>>();
});

test("aggregateByKey and foldByKey take the type of what they begin with", () => {
  const means = countSet.aggregateByKey(
    [0, 0],
    ([sum, times], n) => [sum + n, times + 1],
    ([a, n], [b, m]) => [a + b, n + m],
  );
  expectTypeOf(means).toEqualTypeOf<RDD<[string, [number, number]]>>();
  const distinct = countSet.aggregateByKey(
    new Set<number>(),
    (seen, n) => seen.add(n),
    (left, right) => new Set([...left, ...right]),
  );
  expectTypeOf(distinct).toEqualTypeOf<RDD<[string, Set<number>]>>();
  expectTypeOf(countSet.aggregateByKey(0, (total, n) => total + n, Math.max)).toEqualTypeOf<
    RDD<[string, number]>
  >();
  expectTypeOf(countSet.foldByKey(0, (left, right) => left + right)).toEqualTypeOf<
    RDD<[string, number]>
  >();
  // @ts-expect-error: a text to begin counts with
  countSet.foldByKey("", (left, right) => left + right);
});

test("sorting and partitioning keep the pairs", () => {
  expectTypeOf(citySet.sortByKey({ ascending: false })).toEqualTypeOf<typeof citySet>();
  expectTypeOf(citySet.partitionBy(4)).toEqualTypeOf<typeof citySet>();
  expectTypeOf(counts.partitionBy(new HashPartitioner(4))).toEqualTypeOf<typeof counts>();
  expectTypeOf(citySet.repartitionAndSortWithinPartitions(4)).toEqualTypeOf<typeof citySet>();
  expectTypeOf(citySet.filterByRange("a", "f")).toEqualTypeOf<typeof citySet>();
  // @ts-expect-error: keys are texts
  citySet.filterByRange(1, 2);
});

test("actions on pairs know the keys and the values", () => {
  expectTypeOf(citySet.lookup("JFK")).resolves.toEqualTypeOf<{ city: string }[]>();
  expectTypeOf(citySet.collectAsMap()).resolves.toEqualTypeOf<KeyMap<string, { city: string }>>();
  expectTypeOf(citySet.countByKey()).resolves.toEqualTypeOf<KeyMap<string, number>>();
  expectTypeOf(countSet.reduceByKeyLocally(Math.max)).resolves.toEqualTypeOf<
    KeyMap<string, number>
  >();
  // @ts-expect-error: keys are texts
  void citySet.lookup(1);
});

test("what makes pairs can be used as pairs at once", () => {
  expectTypeOf(lines.countByValue().reduceByKey(Math.max)).toEqualTypeOf<
    DStream<[string, number]>
  >();
  expectTypeOf(lineSet.zipWithIndex().sortByKey()).toEqualTypeOf<RDD<[string, number]>>();
  expectTypeOf(lineSet.cartesian(numberSet).groupByKey()).toEqualTypeOf<RDD<[string, number[]]>>();
  expectTypeOf(lineSet.zip(numberSet).values()).toEqualTypeOf<RDD<number>>();
});

test("pairs of any can be reduced", () => {
  const pairs = parsed.map((record) => [record.name, record.n]);
  expectTypeOf(pairs.reduceByKey((a, b) => a + b)).toEqualTypeOf<DStream<[Json, Json]>>();
});

declare function first<T>(left: T, right: unknown): T;
