/** Owns: what output operations hand to the functions of a program. */
import { expectTypeOf, test } from "vitest";
import type { OutputOperation, RDD } from "../../src/index.ts";
import { counts, lineSet, lines, lookUp } from "./given.ts";

test("foreachRDD hands over dataset and time, and waits for whatever the body gives", () => {
  const output = counts.foreachRDD((dataset, timeMs) => {
    expectTypeOf(dataset).toEqualTypeOf<RDD<[string, number]>>();
    expectTypeOf(timeMs).toEqualTypeOf<number>();
  });
  expectTypeOf(output).toEqualTypeOf<OutputOperation>();
  const seen: RDD<string>[] = [];
  lines.foreachRDD((dataset) => seen.push(dataset));
  lines.foreachRDD((dataset) => dataset.count());
  lines.foreachRDD(async (dataset) => dataset.saveAsTextFile("out"));
});

test("foreachPartition hands over records that are only read", () => {
  counts.foreachPartition(async (records, partition, timeMs) => {
    expectTypeOf(records).toEqualTypeOf<readonly [string, number][]>();
    expectTypeOf(partition).toEqualTypeOf<number>();
    expectTypeOf(timeMs).toEqualTypeOf<number>();
    for (const [word] of records) await lookUp(word);
  });
  void lineSet.foreachPartition((records) => Promise.all(records.map(lookUp)));
});

test("a writer gets the records of the stream, and gives text or bytes", () => {
  counts.saveAsFiles("out", {
    extension: ".csv",
    write: (records) => records.map(([word, n]) => `${word},${n.toFixed(0)}\n`),
  });
  counts.saveAsFiles("out", {
    extension: ".bin",
    async *write(records) {
      yield new Uint8Array(records.length);
    },
  });
  void lineSet.saveAsFiles("out", { extension: ".txt", write: async (records) => records });
  // @ts-expect-error: numbers are neither
  counts.saveAsFiles("out", { extension: ".csv", write: (records) => records.map(([, n]) => n) });
});

test("an output can be given an id", () => {
  expectTypeOf(lines.print(20).uid("lines")).toEqualTypeOf<OutputOperation>();
  expectTypeOf(lines.saveAsTextFiles("out")).toEqualTypeOf<OutputOperation>();
});
