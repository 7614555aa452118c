/** Owns: what joins give: the values of both sides, and undefined where a side may have none. */
import { expectTypeOf, test } from "vitest";
import type { DStream, RDD } from "../../src/index.ts";
import { cities, citySet, countSet, counts, numberSet, numbers } from "./given.ts";

interface City {
  city: string;
}

test("join gives the values of both sides", () => {
  expectTypeOf(counts.join(cities)).toEqualTypeOf<DStream<[string, [number, City]]>>();
  expectTypeOf(countSet.join(citySet, 4)).toEqualTypeOf<RDD<[string, [number, City]]>>();
});

test("an outer side may be undefined", () => {
  expectTypeOf(counts.leftOuterJoin(cities)).toEqualTypeOf<
    DStream<[string, [number, City | undefined]]>
  >();
  expectTypeOf(countSet.leftOuterJoin(citySet)).toEqualTypeOf<
    RDD<[string, [number, City | undefined]]>
  >();
  expectTypeOf(counts.rightOuterJoin(cities)).toEqualTypeOf<
    DStream<[string, [number | undefined, City]]>
  >();
  expectTypeOf(countSet.rightOuterJoin(citySet)).toEqualTypeOf<
    RDD<[string, [number | undefined, City]]>
  >();
  expectTypeOf(counts.fullOuterJoin(cities)).toEqualTypeOf<
    DStream<[string, [number | undefined, City | undefined]]>
  >();
  expectTypeOf(countSet.fullOuterJoin(citySet)).toEqualTypeOf<
    RDD<[string, [number | undefined, City | undefined]]>
  >();
});

test("an undefined side has to be looked at before it is used", () => {
  const joined = counts.leftOuterJoin(cities);
  expectTypeOf(joined.mapValues(([n, city]) => city?.city ?? `${n}`)).toEqualTypeOf<
    DStream<[string, string]>
  >();
  // @ts-expect-error: the city may be undefined
  joined.mapValues(([, city]) => city.city);
});

test("cogroup gives the values of both sides as arrays", () => {
  expectTypeOf(counts.cogroup(cities)).toEqualTypeOf<DStream<[string, [number[], City[]]]>>();
  expectTypeOf(countSet.cogroup(citySet)).toEqualTypeOf<RDD<[string, [number[], City[]]]>>();
  expectTypeOf(countSet.groupWith(citySet)).toEqualTypeOf<RDD<[string, [number[], City[]]]>>();
});

test("subtractByKey keeps the pairs of its side", () => {
  expectTypeOf(countSet.subtractByKey(citySet)).toEqualTypeOf<RDD<[string, number]>>();
});

test("keys of another type cannot be joined", () => {
  const byNumber = numbers.map((n) => [n, "a"]);
  // @ts-expect-error: texts and numbers
  counts.join(byNumber);
  // @ts-expect-error: texts and numbers
  counts.cogroup(byNumber);
  // @ts-expect-error: texts and numbers
  countSet.join(numberSet.map((n) => [n, "a"]));
});

test("composite keys join", () => {
  const left = numbers.map((n) => [[n, "a"], 1]);
  const right = numbers.map((n) => [[n, "b"], { n }]);
  expectTypeOf(left.join(right)).toEqualTypeOf<
    DStream<[[number, string], [number, { n: number }]]>
  >();
});
