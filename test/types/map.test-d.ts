/** Owns: what `map`, `keyBy` and their like infer from the function that they are given. */
import { expectTypeOf, test } from "vitest";
import { type DStream, type Duration, type RDD, seconds } from "../../src/index.ts";
import {
  type Flight,
  flightSet,
  flights,
  type Json,
  lineSet,
  lines,
  numberSet,
  numbers,
  parsed,
} from "./given.ts";

test("map infers a value, widened as an array's map widens it", () => {
  expectTypeOf(numbers.map((x) => x * 2)).toEqualTypeOf<DStream<number>>();
  expectTypeOf(numberSet.map((x) => x * 2)).toEqualTypeOf<RDD<number>>();
  expectTypeOf(lines.map(() => 1)).toEqualTypeOf<DStream<number>>();
  expectTypeOf(lines.map(() => "one")).toEqualTypeOf<DStream<string>>();
  expectTypeOf(numbers.map((x) => x > 0)).toEqualTypeOf<DStream<boolean>>();
  expectTypeOf(numbers.map((x) => (x > 0 ? "up" : "down"))).toEqualTypeOf<DStream<"up" | "down">>();
  expectTypeOf(numbers.map((x) => (x > 0 ? x : "none"))).toEqualTypeOf<DStream<number | "none">>();
  expectTypeOf(numbers.map((x) => (x > 0 ? x : undefined))).toEqualTypeOf<
    DStream<number | undefined>
  >();
});

test("map infers an object with widened properties", () => {
  const objects = numbers.map((x) => ({ kind: "reading", x, recent: [x, x] }));
  expectTypeOf(objects).toEqualTypeOf<DStream<{ kind: string; x: number; recent: number[] }>>();
  expectTypeOf(objects.map(({ recent }) => recent)).toEqualTypeOf<DStream<number[]>>();
});

test("map makes a literal of two a pair that can be written to", () => {
  expectTypeOf(lines.map((word) => [word, 1])).toEqualTypeOf<DStream<[string, number]>>();
  expectTypeOf(lineSet.map((word) => [word, 1])).toEqualTypeOf<RDD<[string, number]>>();
  expectTypeOf(lines.map(() => ["all", true])).toEqualTypeOf<DStream<[string, boolean]>>();
  expectTypeOf(lines.map((word) => [word, null])).toEqualTypeOf<DStream<[string, null]>>();
  expectTypeOf(flights.map((flight) => [flight.origin, flight])).toEqualTypeOf<
    DStream<[string, Flight]>
  >();
});

test("map makes a pair of a block body, of an annotated function and of a function expression", () => {
  const ofBlock = lines.map((line) => {
    const [name = "", delay] = line.split(",");
    return [name, Number(delay)];
  });
  expectTypeOf(ofBlock).toEqualTypeOf<DStream<[string, number]>>();
  expectTypeOf(lines.map((word: string) => [word, 1])).toEqualTypeOf<DStream<[string, number]>>();
  const ofExpression = lineSet.map(function (word) {
    return [word, 1];
  });
  expectTypeOf(ofExpression).toEqualTypeOf<RDD<[string, number]>>();
  const ofReadonly = lines.map((word): readonly [string, number] => [word, 1]);
  expectTypeOf(ofReadonly).toEqualTypeOf<DStream<[string, number]>>();
});

test("map unites the parts of the pairs that a function may return", () => {
  const ofCondition = lines.map((line) => (line === "" ? ["empty", 1] : [line, "x"]));
  expectTypeOf(ofCondition).toEqualTypeOf<DStream<[string, string | number]>>();
  const ofReturns = lineSet.map((line) => {
    if (line === "") return ["empty", null];
    return [line, line.length];
  });
  expectTypeOf(ofReturns).toEqualTypeOf<RDD<[string, number | null]>>();
});

test("a pair or nothing stays so until a filter takes the nothing away", () => {
  const some = lines.map((line) => (line === "" ? undefined : [line, 1]));
  expectTypeOf(some).toEqualTypeOf<DStream<[string, number] | undefined>>();
  const pairs = some.filter((pair) => pair !== undefined);
  expectTypeOf(pairs).toEqualTypeOf<DStream<[string, number]>>();
});

test("a composite key is a tuple, and a composite value too", () => {
  const routes = flights.map((flight) => [[flight.origin, flight.destination], { flights: 1 }]);
  expectTypeOf(routes).toEqualTypeOf<DStream<[[string, string], { flights: number }]>>();
  const origins = routes.map(([[origin, destination]]) => (destination === "" ? "none" : origin));
  expectTypeOf(origins).toEqualTypeOf<DStream<string>>();

  const sums = flightSet.map((flight) => [flight.origin, [flight.delay, 1]]);
  expectTypeOf(sums).toEqualTypeOf<RDD<[string, [number, number]]>>();
  const means = sums.reduceByKey(([sum, n], [delay, m]) => [sum + delay, n + m]);
  expectTypeOf(means).toEqualTypeOf<RDD<[string, [number, number]]>>();
});

test("a value that is written as an array of one is an array that can grow", () => {
  const single = lines.map((line) => [line.length, [line]]);
  expectTypeOf(single).toEqualTypeOf<DStream<[number, string[]]>>();
  const grown = single.reduceByKey((left, right) => [...left, ...right]);
  expectTypeOf(grown).toEqualTypeOf<DStream<[number, string[]]>>();
  expectTypeOf(lineSet.map((line) => [line.length, [line]])).toEqualTypeOf<
    RDD<[number, string[]]>
  >();
});

test("map leaves arrays and longer tuples what they are", () => {
  expectTypeOf(lines.map((line) => line.split(","))).toEqualTypeOf<DStream<string[]>>();
  expectTypeOf(lineSet.map((line) => [...line.split(","), "end"])).toEqualTypeOf<RDD<string[]>>();
  expectTypeOf(numbers.map((x) => [x, x, x])).toEqualTypeOf<DStream<[number, number, number]>>();
  expectTypeOf(numbers.map((x) => [x, x, x])).toExtend<DStream<number[]>>();
  expectTypeOf(numbers.map((x): number[] => [x, x])).toEqualTypeOf<DStream<number[]>>();
  expectTypeOf(lines.map((line): [string, number, Date] => [line, 1, new Date(0)])).toEqualTypeOf<
    DStream<[string, number, Date]>
  >();
});

test("map takes named, generic and built-in functions", () => {
  const twice = <A>(a: A): [A, A] => [a, a];
  const same = <A>(a: A): A => a;
  expectTypeOf(lines.map(twice)).toEqualTypeOf<DStream<[string, string]>>();
  expectTypeOf(lineSet.map(same)).toEqualTypeOf<RDD<string>>();
  expectTypeOf(lines.map(Number)).toEqualTypeOf<DStream<number>>();
  expectTypeOf(lines.map(Number.parseFloat)).toEqualTypeOf<DStream<number>>();
});

test("map takes the type of the records when it is told", () => {
  expectTypeOf(lines.map<number>(() => 1)).toEqualTypeOf<DStream<number>>();
  expectTypeOf(lines.map<Json>((line) => JSON.parse(line))).toEqualTypeOf<DStream<Json>>();
  expectTypeOf(lines.map<[string, number]>((line) => [line, 1])).toEqualTypeOf<
    DStream<[string, number]>
  >();
});

test("any stays any and spoils only the part that it stands in", () => {
  expectTypeOf(lines.map((line) => JSON.parse(line))).toEqualTypeOf<DStream<Json>>();
  expectTypeOf(lines.map(JSON.parse)).toEqualTypeOf<DStream<Json>>();
  expectTypeOf(parsed.map((record) => record.name)).toEqualTypeOf<DStream<Json>>();
  expectTypeOf(parsed.map((record) => [record.name, 1])).toEqualTypeOf<DStream<[Json, number]>>();
  expectTypeOf(parsed.map((record) => `${record.name}`)).toEqualTypeOf<DStream<string>>();
  expectTypeOf(parsed.filter((record) => record.delay > 0)).toEqualTypeOf<DStream<Json>>();
  const unknowns = lines.map((line): unknown => JSON.parse(line));
  expectTypeOf(unknowns).toEqualTypeOf<DStream<unknown>>();
});

test("keyBy, groupBy and sortBy infer the key, a literal of several as a tuple", () => {
  expectTypeOf(lineSet.keyBy((line) => line.length)).toEqualTypeOf<RDD<[number, string]>>();
  const byRoute = flightSet.keyBy((flight) => [flight.origin, flight.destination]);
  expectTypeOf(byRoute.keys()).toEqualTypeOf<RDD<[string, string]>>();
  expectTypeOf(lineSet.groupBy((line) => line.length)).toEqualTypeOf<RDD<[number, string[]]>>();
  expectTypeOf(flightSet.sortBy((flight) => [flight.origin, flight.delay])).toEqualTypeOf<
    RDD<Flight>
  >();
});

test("mapAsync infers what the promise brings, pairs as pairs", () => {
  expectTypeOf(lines.mapAsync(async (line) => line.length)).toEqualTypeOf<DStream<number>>();
  expectTypeOf(lines.mapAsync(async (line) => [line, 1])).toEqualTypeOf<
    DStream<[string, number]>
  >();
  expectTypeOf(lineSet.mapAsync((line) => Promise.resolve([line, 1]))).toEqualTypeOf<
    RDD<[string, number]>
  >();
  expectTypeOf(
    lineSet.mapAsync(async (line) => JSON.parse(line), { concurrency: 4 }),
  ).toEqualTypeOf<RDD<Json>>();
});

test("numbers are numbers, also where a function returns one of two", () => {
  const flags = lines.map((line) => (line === "" ? 0 : 1));
  expectTypeOf(flags).toEqualTypeOf<DStream<number>>();
  expectTypeOf(flags.reduce((a, b) => a + b)).toEqualTypeOf<DStream<number>>();
  const flagged = lineSet.map((line) => [line, line === "" ? 0 : 1]);
  expectTypeOf(flagged).toEqualTypeOf<RDD<[string, number]>>();
  expectTypeOf(flagged.mapValues((n) => (n > 0 ? 1 : 0))).toEqualTypeOf<RDD<[string, number]>>();
  expectTypeOf(numbers.map((n) => seconds(n))).toEqualTypeOf<DStream<Duration>>();
});
