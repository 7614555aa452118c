/** Owns: that a udf is typed as its function, and where the bodies of `transform` and `foreachRDD` may run. */
import { expectTypeOf, test } from "vitest";
import { type DStream, StreamingContext, seconds, udf } from "../../src/index.ts";

const ssc = new StreamingContext({ batchInterval: seconds(1) });
const lines = ssc.queueStream([["to be"]]);

test("a udf has the type of its function", () => {
  const lengthOf = udf("lengthOf", (text: string) => text.length);
  expectTypeOf(lengthOf).toEqualTypeOf<(text: string) => number>();
  const identity = udf("identity", <T>(value: T) => value);
  expectTypeOf(identity({ x: 1 })).toEqualTypeOf<{ x: number }>();
  expectTypeOf(lines.map(lengthOf)).toEqualTypeOf<DStream<number>>();
  // @ts-expect-error no function
  udf("nothing", 1);
});

test("a body says where it runs, and keeps its types", () => {
  const sorted = lines.transform((dataset) => dataset.sortBy((line) => line), { on: "executors" });
  expectTypeOf(sorted).toEqualTypeOf<DStream<string>>();
  const both = lines.transformWith(sorted, (left, right) => left.union(right), { on: "driver" });
  expectTypeOf(both).toEqualTypeOf<DStream<string>>();
  const all = ssc.transform([lines, both], ([left, right]) => left.union(right), {
    on: "executors",
  });
  expectTypeOf(all).toEqualTypeOf<DStream<string>>();
  lines.foreachRDD((dataset) => dataset.count(), { on: "executors" });
  // @ts-expect-error there is no such place
  lines.foreachRDD((dataset) => dataset.count(), { on: "worker" });
});
