/** Owns: what `flatMap`, `mapPartitions` and their like infer from iterables. */
import { expectTypeOf, test } from "vitest";
import type { DStream, RDD } from "../../src/index.ts";
import { type Json, lineSet, lines, numberSet, numbers } from "./given.ts";

test("flatMap infers the elements of what the function returns", () => {
  expectTypeOf(lines.flatMap((line) => line.split(" "))).toEqualTypeOf<DStream<string>>();
  expectTypeOf(lineSet.flatMap((line) => line.split(" "))).toEqualTypeOf<RDD<string>>();
  expectTypeOf(numbers.flatMap((x) => [x, 1])).toEqualTypeOf<DStream<number>>();
  expectTypeOf(lines.flatMap((line) => new Set([line, 1]))).toEqualTypeOf<
    DStream<string | number>
  >();
  expectTypeOf(lines.flatMap((line) => line)).toEqualTypeOf<DStream<string>>();
});

test("flatMap takes none or some", () => {
  expectTypeOf(numbers.flatMap((x) => (x > 0 ? [x] : []))).toEqualTypeOf<DStream<number>>();
  const pairs = lines.flatMap((line) => {
    const [name, delay] = line.split(",");
    if (name === undefined || delay === undefined) return [];
    return [[name, Number(delay)]];
  });
  expectTypeOf(pairs).toEqualTypeOf<DStream<[string, number]>>();
  expectTypeOf(numberSet.flatMap(() => [])).toEqualTypeOf<RDD<never>>();
});

test("flatMap infers pairs", () => {
  const mapped = lines.flatMap((line) => line.split(" ").map((word) => [word, 1]));
  expectTypeOf(mapped).toEqualTypeOf<DStream<[string, number]>>();
  const literal = lineSet.flatMap((line) => [
    [line, 1],
    ["all", line.length],
  ]);
  expectTypeOf(literal).toEqualTypeOf<RDD<[string, number]>>();
  const keyed = lines.flatMap((line) => [[[line, line.length], { line }]]);
  expectTypeOf(keyed).toEqualTypeOf<DStream<[[string, number], { line: string }]>>();
  expectTypeOf(lines.flatMap((line) => new Map([[line, 1]]))).toEqualTypeOf<
    DStream<[string, number]>
  >();
});

test("flatMap infers what a generator yields", () => {
  const values = numbers.flatMap(function* (x) {
    yield x;
    yield x + 1;
  });
  expectTypeOf(values).toEqualTypeOf<DStream<number>>();
  const pairs = lineSet.flatMap(function* (line) {
    yield [line, 1];
    yield [line, "x"];
  });
  expectTypeOf(pairs).toEqualTypeOf<RDD<[string, string | number]>>();
});

test("flatMap over any gives any, and takes the type of the records when it is told", () => {
  expectTypeOf(lines.flatMap((line) => JSON.parse(line))).toEqualTypeOf<DStream<Json>>();
  expectTypeOf(lineSet.flatMap((line) => JSON.parse(line))).toEqualTypeOf<RDD<Json>>();
  expectTypeOf(lines.flatMap((line) => [JSON.parse(line)])).toEqualTypeOf<DStream<Json>>();
  expectTypeOf(lines.flatMap<number>((line) => JSON.parse(line))).toEqualTypeOf<DStream<number>>();
  expectTypeOf(lineSet.flatMap<[string, number]>((line) => JSON.parse(line))).toEqualTypeOf<
    RDD<[string, number]>
  >();
});

test("flatMap refuses what is no iterable", () => {
  // @ts-expect-error: a number has no elements
  lines.flatMap((line) => line.length);
  // @ts-expect-error: a number has no elements
  lineSet.flatMap((line) => line.length);
});

test("mapPartitions infers the records of iterables, of their promises and of async iterables", () => {
  expectTypeOf(lines.mapPartitions((records) => [records.length])).toEqualTypeOf<DStream<number>>();
  expectTypeOf(lineSet.mapPartitions(async (records) => records.map(Number))).toEqualTypeOf<
    RDD<number>
  >();
  const read = lines.mapPartitions(async function* (records) {
    for (const record of records) yield record.length;
  });
  expectTypeOf(read).toEqualTypeOf<DStream<number>>();
});

test("mapPartitions infers pairs", () => {
  expectTypeOf(lines.mapPartitions((records) => records.map((word) => [word, 1]))).toEqualTypeOf<
    DStream<[string, number]>
  >();
  const numbered = lineSet.mapPartitionsWithIndex(function* (partition, records) {
    for (const record of records) yield [partition, record];
  });
  expectTypeOf(numbered).toEqualTypeOf<RDD<[number, string]>>();
});

test("glom gives arrays that are only read", () => {
  expectTypeOf(lines.glom()).toEqualTypeOf<DStream<readonly string[]>>();
});

test("flatMapValues infers the values, literals of several as tuples", () => {
  const pairs = lines.map((line) => [line, 1]);
  expectTypeOf(pairs.flatMapValues((n) => [n, n + 1])).toEqualTypeOf<DStream<[string, number]>>();
  expectTypeOf(pairs.flatMapValues((n) => [[n, "a"]])).toEqualTypeOf<
    DStream<[string, [number, string]]>
  >();
});
