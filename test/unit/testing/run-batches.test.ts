/** Running a stream over given batches: what goes in, what comes out, what fails. */
import { describe, expect, test } from "vitest";
import { milliseconds, StreamingContext, seconds } from "../../../src/index.ts";
import { runBatches } from "../../../src/testing/index.ts";
import { caught } from "../context/driven-context.ts";

const batchInterval = seconds(1);

describe("runBatches", () => {
  test("gives an array per batch, and null where the stream made no dataset", async () => {
    const result = await runBatches<[number], number>(
      { batchInterval, inputs: [[[1, 2], [], null, [3]]] },
      (_ssc, numbers) => numbers.map((n) => n * 2),
    );
    expect(result).toEqual([[2, 4], [], null, [6]]);
  });

  test("takes any number of inputs, and the longest one tells the number of batches", async () => {
    const result = await runBatches<[number, string], string>(
      { batchInterval, inputs: [[[1], [2], [3]], [["a"]]] },
      (_ssc, numbers, letters) => numbers.map(String).union(letters),
    );
    expect(result).toEqual([["1", "a"], ["2"], ["3"]]);
  });

  test("runs as many batches as it is told; those after the end of the input are empty", async () => {
    const run = (batches: number) =>
      runBatches<[number], number>(
        { batchInterval, inputs: [[[1], [2]]], batches },
        (_ssc, n) => n,
      );
    expect(await run(4)).toEqual([[1], [2], [], []]);
    expect(await run(1)).toEqual([[1]]);
    expect(await run(0)).toEqual([]);
  });

  test("runs without inputs, over streams of the context", async () => {
    const result = await runBatches<[], number>({ batchInterval, inputs: [], batches: 3 }, (ssc) =>
      ssc.queueStream([[1], [2]]),
    );
    expect(result).toEqual([[1], [2], []]);
  });

  test("cuts batches into partitions", async () => {
    const result = await runBatches<[number], readonly number[]>(
      { batchInterval, inputs: [[[1, 2, 3, 4, 5]]], partitions: 2 },
      (_ssc, numbers) => numbers.glom(),
    );
    expect(result).toEqual([
      [
        [1, 2],
        [3, 4, 5],
      ],
    ]);
  });

  test("gives the context the options", async () => {
    let context: StreamingContext | undefined;
    await runBatches<[number], number>(
      {
        batchInterval: milliseconds(250),
        inputs: [[[1]]],
        options: { appName: "tested", defaultParallelism: 3 },
      },
      (ssc, numbers) => {
        context = ssc;
        return numbers;
      },
    );
    expect([context?.appName, context?.batchInterval]).toEqual(["tested", 250]);
    expect(context?.data.defaultParallelism).toBe(3);
  });

  test("rejects with the failure of a batch, tried once unless told otherwise", async () => {
    let calls = 0;
    const run = (attempts?: number) =>
      runBatches<[number], number>(
        { batchInterval, inputs: [[[1]]], ...(attempts && { options: { attempts } }) },
        (_ssc, numbers) =>
          numbers.map(() => {
            calls += 1;
            throw new Error("no luck");
          }),
      );
    expect(await caught(run())).toMatchObject({
      code: "batch_failed",
      cause: { cause: { message: "no luck" } },
    });
    expect(calls).toBe(1);
    await caught(run(3));
    expect(calls).toBe(4);
  });

  test("rejects with what building the stream threw", async () => {
    let context: StreamingContext | undefined;
    const run = runBatches<[number], number>({ batchInterval, inputs: [[[1]]] }, (ssc) => {
      context = ssc;
      throw new Error("no stream");
    });
    expect(await caught(run)).toMatchObject({ message: "no stream" });
    expect(context?.data.isClosed).toBe(true);
  });

  test("leaves no active context behind, whether it resolves or rejects", async () => {
    const run = (fails: boolean) =>
      runBatches<[number], number>({ batchInterval, inputs: [[[1]]] }, (_ssc, numbers) =>
        numbers.filter(() => {
          if (fails) throw new Error("no luck");
          return true;
        }),
      );
    await run(false);
    expect(StreamingContext.getActive()).toBeUndefined();
    await caught(run(true));
    expect(StreamingContext.getActive()).toBeUndefined();
    await run(false);
  });
});
