/** Owns: what `runBatches` of the test kit infers from the batches that it is given. */
import { expectTypeOf, test } from "vitest";
import { type DStream, seconds } from "../../src/index.ts";
import { runBatches } from "../../src/testing/index.ts";

const batchInterval = seconds(1);

test("each input makes a stream of its records", () => {
  const run = runBatches({ batchInterval, inputs: [[["a"], ["b"]], [[1]]] }, (_ssc, words, ns) => {
    expectTypeOf(words).toEqualTypeOf<DStream<string>>();
    expectTypeOf(ns).toEqualTypeOf<DStream<number>>();
    return words.map((word) => word.length).union(ns);
  });
  expectTypeOf(run).resolves.toEqualTypeOf<(number[] | null)[]>();
});

test("batches that are null or empty do not spoil the type", () => {
  const inputs = [["a"], null, []];
  const literal = runBatches(
    { batchInterval, inputs: [[null, [], ["a"]]] },
    (_ssc, words) => words,
  );
  expectTypeOf(literal).resolves.toEqualTypeOf<(string[] | null)[]>();
  const named = runBatches({ batchInterval, inputs: [inputs] }, (_ssc, words) => words);
  expectTypeOf(named).resolves.toEqualTypeOf<(string[] | null)[]>();
});

test("records of two are pairs", () => {
  const run = runBatches({ batchInterval, inputs: [[[["a", 1]], [["a", 2]]]] }, (_ssc, counts) =>
    counts.reduceByKey((left, right) => left + right),
  );
  expectTypeOf(run).resolves.toEqualTypeOf<([string, number][] | null)[]>();
});

test("a run may do without inputs", () => {
  const run = runBatches({ batchInterval, inputs: [], batches: 2 }, (ssc) =>
    ssc.queueStream([["a"]]),
  );
  expectTypeOf(run).resolves.toEqualTypeOf<(string[] | null)[]>();
});

test("what is no batch does not compile", () => {
  // @ts-expect-error: a stream of records, not of batches
  void runBatches({ batchInterval, inputs: [["a", "b"]] }, (_ssc, words) => words);
  // @ts-expect-error: a plain number is no duration
  void runBatches({ batchInterval: 1000, inputs: [[["a"]]] }, (_ssc, words) => words);
});
