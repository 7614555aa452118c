/** Owns: the types of windows: what they keep, and that their arguments cannot be mixed up. */
import { expectTypeOf, test } from "vitest";
import { type DStream, milliseconds, minutes, seconds } from "../../src/index.ts";
import { counts, lines, numbers } from "./given.ts";

const add = (left: number, right: number) => left + right;
const subtract = (total: number, leaving: number) => total - leaving;

test("window keeps the records", () => {
  expectTypeOf(lines.window(minutes(1), seconds(10))).toEqualTypeOf<DStream<string>>();
  expectTypeOf(counts.window(milliseconds(500)).reduceByKey(add)).toEqualTypeOf<
    DStream<[string, number]>
  >();
});

test("a plain number is no duration", () => {
  // @ts-expect-error: a number
  lines.window(10);
  // @ts-expect-error: a number
  lines.window(seconds(10), 5);
  // @ts-expect-error: a number
  numbers.reduceByWindow(add, 10);
  // @ts-expect-error: a number
  lines.countByWindow(10);
  // @ts-expect-error: a number
  counts.reduceByKeyAndWindow(add, 10);
  // @ts-expect-error: a number
  counts.reduceByKeyAndWindow(add, subtract, seconds(10), 5);
  // @ts-expect-error: a number
  counts.groupByKeyAndWindow(10);
});

test("reduceByKeyAndWindow keeps the pairs, with and without an inverse function", () => {
  expectTypeOf(counts.reduceByKeyAndWindow((a, b) => a + b, seconds(30))).toEqualTypeOf<
    DStream<[string, number]>
  >();
  const plain = counts.reduceByKeyAndWindow((a, b) => a + b, seconds(30), seconds(10), {
    partitioning: 4,
  });
  expectTypeOf(plain).toEqualTypeOf<DStream<[string, number]>>();
  const incremental = counts.reduceByKeyAndWindow(
    (a, b) => a + b,
    (total, leaving) => total - leaving,
    seconds(30),
    seconds(10),
    { partitioning: 4, filter: (word, n) => n > word.length },
  );
  expectTypeOf(incremental).toEqualTypeOf<DStream<[string, number]>>();
});

test("reduceByKeyAndWindow takes literals for tuples where the values are tuples", () => {
  const sums = counts.mapValues((n) => [n, 1]);
  const incremental = sums.reduceByKeyAndWindow(
    ([a, n], [b, m]) => [a + b, n + m],
    ([a, n], [b, m]) => [a - b, n - m],
    seconds(30),
  );
  expectTypeOf(incremental).toEqualTypeOf<DStream<[string, [number, number]]>>();
});

test("the arguments of reduceByKeyAndWindow have one order", () => {
  // @ts-expect-error: the window before the function
  counts.reduceByKeyAndWindow(seconds(30), add);
  // @ts-expect-error: the inverse after the window
  counts.reduceByKeyAndWindow(add, seconds(30), subtract);
  // @ts-expect-error: no window
  counts.reduceByKeyAndWindow(add, subtract);
  // @ts-expect-error: a filter without an inverse
  counts.reduceByKeyAndWindow(add, seconds(30), seconds(10), { filter: () => true });
});

test("the other windows infer too", () => {
  expectTypeOf(numbers.reduceByWindow(add, seconds(30))).toEqualTypeOf<DStream<number>>();
  expectTypeOf(numbers.reduceByWindow(add, subtract, seconds(30), seconds(10))).toEqualTypeOf<
    DStream<number>
  >();
  expectTypeOf(lines.countByWindow(seconds(30))).toEqualTypeOf<DStream<number>>();
  expectTypeOf(lines.countByValueAndWindow(seconds(30))).toEqualTypeOf<DStream<[string, number]>>();
  expectTypeOf(counts.groupByKeyAndWindow(seconds(30))).toEqualTypeOf<
    DStream<[string, number[]]>
  >();
  expectTypeOf(lines.slice(0, 1000)).resolves.items.toHaveProperty("collect");
});
