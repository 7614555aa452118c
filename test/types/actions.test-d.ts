/** Owns: what the actions of a dataset give, and which datasets have them. */
import { expectTypeOf, test } from "vitest";
import type { KeyMap, RDD, StatCounter } from "../../src/index.ts";
import { countSet, type Flight, flightSet, lineSet, mixedSet, numberSet } from "./given.ts";

test("actions bring the records to the driver", () => {
  expectTypeOf(flightSet.collect()).resolves.toEqualTypeOf<Flight[]>();
  expectTypeOf(flightSet.first()).resolves.toEqualTypeOf<Flight>();
  expectTypeOf(flightSet.take(3)).resolves.toEqualTypeOf<Flight[]>();
  expectTypeOf(lineSet.countByValue()).resolves.toEqualTypeOf<KeyMap<string, number>>();
  expectTypeOf(countSet.toLocalIterator()).toExtend<AsyncIterable<[string, number]>>();
});

test("the numeric actions are there for numbers only", () => {
  expectTypeOf(numberSet.sum()).resolves.toEqualTypeOf<number>();
  expectTypeOf(numberSet.stats()).resolves.toEqualTypeOf<StatCounter>();
  expectTypeOf(flightSet.map((flight) => flight.delay).mean()).resolves.toEqualTypeOf<number>();
  // @ts-expect-error: words have no sum
  void lineSet.sum();
  // @ts-expect-error: words have no mean
  void lineSet.mean();
  // @ts-expect-error: words have no statistics
  void lineSet.stats();
  // @ts-expect-error: words have no histogram
  void lineSet.histogram(4);
  // @ts-expect-error: not all are numbers
  void mixedSet.variance();
  // @ts-expect-error: pairs are no numbers
  void countSet.stdev();
});

test("aggregate takes the type of what it begins with, a literal of several as a tuple", () => {
  const mean = numberSet.aggregate(
    [0, 0],
    ([sum, times], n) => [sum + n, times + 1],
    ([a, n], [b, m]) => [a + b, n + m],
  );
  expectTypeOf(mean).resolves.toEqualTypeOf<[number, number]>();
  expectTypeOf(
    lineSet.aggregate(0, (total, line) => total + line.length, Math.max),
  ).resolves.toEqualTypeOf<number>();
  const lists = lineSet.treeAggregate(
    [] as number[],
    (list, line) => [...list, line.length],
    (left, right) => [...left, ...right],
  );
  expectTypeOf(lists).resolves.toEqualTypeOf<number[]>();
  // @ts-expect-error: the total becomes a text
  void lineSet.aggregate(0, (total, line) => `${total}${line}`, Math.max);
});

test("reduce and fold keep the type of the records", () => {
  expectTypeOf(numberSet.reduce((a, b) => a + b)).resolves.toEqualTypeOf<number>();
  expectTypeOf(countSet.fold(["", 0], ([word, n], [, m]) => [word, n + m])).resolves.toEqualTypeOf<
    [string, number]
  >();
  // @ts-expect-error: a text is no number
  void numberSet.reduce((a, b) => `${a}${b}`);
});

test("sets of records keep their type", () => {
  expectTypeOf(lineSet.distinct()).toEqualTypeOf<RDD<string>>();
  expectTypeOf(lineSet.intersection(lineSet)).toEqualTypeOf<RDD<string>>();
  expectTypeOf(lineSet.randomSplit([1, 2])).toEqualTypeOf<RDD<string>[]>();
  expectTypeOf(
    lineSet.zipPartitions(numberSet, (left, right) => [[left.length, right]]),
  ).toEqualTypeOf<RDD<[number, readonly number[]]>>();
  expectTypeOf(lineSet.pipe("sort")).toEqualTypeOf<RDD<string>>();
});
