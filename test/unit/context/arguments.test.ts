/** Owns: that an argument which makes no sense is told at the call, by its own name, and not by every batch. */
import { mkdtemp, rm, utimes, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { DataContext, StreamingContext, seconds } from "../../../src/index.ts";
import { DrivenContext } from "./driven-context.ts";

const add = (left: number, right: number): number => left + right;

function streams() {
  const { ssc } = new DrivenContext();
  const words = ssc.queueStream([["a"]]);
  return { words, pairs: words.map((word) => [word, 1]) };
}

test.each([
  ["repartition(0)", () => streams().words.repartition(0)],
  ["countByValue(0)", () => streams().words.countByValue(0)],
  ["mapAsync of no calls", () => streams().words.mapAsync(async (w) => w, { concurrency: 0 })],
  ["partitionBy(0)", () => streams().pairs.partitionBy(0)],
  ["reduceByKey into 1.5", () => streams().pairs.reduceByKey(add, 1.5)],
  ["a state in 0 partitions", () => streams().pairs.updateStateByKey(() => 1, { partitioning: 0 })],
  ["print(-1)", () => streams().words.print(-1)],
  ["saveAsTextFiles at s3://", () => streams().words.saveAsTextFiles("s3://bucket/words")],
  ["a range of steps of 0", () => new DataContext().range(0, 10, 0)],
  ["a range without an end", () => new DataContext().range(0, Number.POSITIVE_INFINITY)],
])("%s is refused", (_name, call) => {
  expect(call).toThrow(expect.objectContaining({ code: "argument_invalid" }));
});

test.each(["join", "leftOuterJoin", "rightOuterJoin", "fullOuterJoin", "cogroup"] as const)(
  "%s into 0 partitions is refused",
  (join) => {
    const { pairs } = streams();
    expect(() => pairs[join](pairs, 0)).toThrow(
      expect.objectContaining({ code: "argument_invalid" }),
    );
  },
);

test("a rate that is none is refused by the name of its option", () => {
  for (const receiverMaxRate of [0, -1, Number.NaN]) {
    expect(() => new StreamingContext({ batchInterval: seconds(1), receiverMaxRate })).toThrow(
      /receiverMaxRate/,
    );
  }
});

test("options that a shared DataContext decides are refused beside it", () => {
  const data = new DataContext();
  for (const option of [{ defaultParallelism: 2 }, { print: () => {} }]) {
    expect(() => new StreamingContext({ batchInterval: seconds(1), data, ...option })).toThrow(
      /beside data/,
    );
  }
});

test("asking an operator for its arguments calls no function of the program", () => {
  let calls = 0;
  const { words, pairs } = streams();
  words.map(() => calls++).filter(() => calls++ > 0);
  pairs.reduceByKey(() => calls++).join(pairs.mapValues(() => calls++));
  expect(calls).toBe(0);
});

test("a context reads the files that come into a directory, by lines, by length, and by a parser", async () => {
  const directory = await mkdtemp(join(tmpdir(), "millrace-"));
  onTestFinished(() => rm(directory, { recursive: true }));
  const { clock, ssc } = new DrivenContext();
  const batches: unknown[][] = [];
  const note = (records: unknown[]) => void batches.push(records);
  ssc.textFileStream(directory).foreachRDD(async (files) => note(await files.collect()));
  ssc.binaryRecordsStream(directory, 2).foreachRDD(async (files) => note(await files.collect()));
  ssc
    .fileStream(directory, { parser: async (file) => [(await file.bytes()).length] })
    .foreachRDD(async (files) => note(await files.collect()));
  await ssc.start();
  await writeFile(join(directory, "a"), "a\nb\n");
  await utimes(join(directory, "a"), 0.5, 0.5);
  await clock.advance(1000);
  expect(batches).toEqual([["a", "b"], [Uint8Array.of(97, 10), Uint8Array.of(98, 10)], [4]]);
  expect(await (await ssc.data.textFile(directory)).collect()).toEqual(["a", "b"]);
  await ssc.stop();
  await expect(ssc.data.textFile(directory)).rejects.toMatchObject({ code: "data_context_closed" });
});
