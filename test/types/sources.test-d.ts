/** Owns: what the sources of streams and datasets infer from what they are made of. */
import { expectTypeOf, test } from "vitest";
import type { DStream, RDD } from "../../src/index.ts";
import { countSet, type Json, lineSet, ssc } from "./given.ts";

test("parallelize infers the records", () => {
  expectTypeOf(ssc.data.parallelize([1, 2])).toEqualTypeOf<RDD<number>>();
  expectTypeOf(ssc.data.parallelize(["a", "b"], 2)).toEqualTypeOf<RDD<string>>();
  expectTypeOf(ssc.data.parallelize(new Set(["a"]))).toEqualTypeOf<RDD<string>>();
  expectTypeOf(ssc.data.parallelize([{ n: 1 }])).toEqualTypeOf<RDD<{ n: number }>>();
  expectTypeOf(ssc.data.parallelize([])).toEqualTypeOf<RDD<never>>();
  expectTypeOf(ssc.data.parallelize<string>([])).toEqualTypeOf<RDD<string>>();
  expectTypeOf(ssc.data.parallelize([JSON.parse("1")])).toEqualTypeOf<RDD<Json>>();
});

test("parallelize infers pairs", () => {
  const cities = ssc.data.parallelize([
    ["JFK", { city: "New York" }],
    ["ORD", { city: "Chicago" }],
  ]);
  expectTypeOf(cities).toEqualTypeOf<RDD<[string, { city: string }]>>();
  const united = ssc.data.makeRDD([
    ["a", 1],
    ["b", null],
  ]);
  expectTypeOf(united).toEqualTypeOf<RDD<[string, number | null]>>();
  const mapped = ssc.data.parallelize(["a", "b"].map((word, index) => [word, index]));
  expectTypeOf(mapped).toEqualTypeOf<RDD<[string, number]>>();
  expectTypeOf(ssc.data.parallelize(new Map([["a", 1]]))).toEqualTypeOf<RDD<[string, number]>>();
});

test("a queue infers records and pairs", () => {
  expectTypeOf(ssc.queueStream([["a"], ["b", "c"]])).toEqualTypeOf<DStream<string>>();
  expectTypeOf(ssc.queueStream([[["a", 1]], [["b", 2]]])).toEqualTypeOf<
    DStream<[string, number]>
  >();
  expectTypeOf(ssc.queueStream([countSet, [["b", 2]]])).toEqualTypeOf<DStream<[string, number]>>();
  const queue: RDD<string>[] = [];
  expectTypeOf(ssc.queueStream(queue)).toEqualTypeOf<DStream<string>>();
});

test("streams of lines are streams of text", () => {
  expectTypeOf(ssc.socketTextStream("localhost", 9999)).toEqualTypeOf<DStream<string>>();
  expectTypeOf(ssc.data.textFile("lines.txt")).resolves.toEqualTypeOf<RDD<string>>();
  expectTypeOf(ssc.constantStream(lineSet)).toEqualTypeOf<DStream<string>>();
});

test("an iterable infers its elements", () => {
  expectTypeOf(ssc.iterableStream([1, 2, 3])).toEqualTypeOf<DStream<number>>();
  const read = ssc.iterableStream(async function* () {
    yield { n: 1 };
  });
  expectTypeOf(read).toEqualTypeOf<DStream<{ n: number }>>();
});
