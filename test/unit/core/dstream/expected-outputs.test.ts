/** The tables of expected outputs of the system we follow, row by row; a batch is a second. */
import { describe, expect, test } from "vitest";
import { type DStream, seconds } from "../../../../src/index.ts";
import { cuts, ones, perBatch, sorted } from "./per-batch.ts";

const add = (a: number, b: number): number => a + b;
const subtract = (a: number, b: number): number => a - b;
const digits = [[0], [1], [2], [3], [4], [5]];

describe.each(cuts)("over %s", (_, cut) => {
  test.each([
    ["window(2, 1)", 2, 1, digits, [[0], [0, 1], [1, 2], [2, 3], [3, 4], [4, 5]]],
    ["window(2, 2)", 2, 2, digits, [null, [0, 1], null, [2, 3], null, [4, 5]]],
    [
      "window(4, 2)",
      4,
      2,
      [...digits, [], []],
      [null, [0, 1], null, [0, 1, 2, 3], null, [2, 3, 4, 5], null, [4, 5]],
    ],
    ["window(2, 3)", 2, 3, digits, [null, null, [1, 2], null, null, [4, 5]]],
  ])("%s has the records of its times", async (_name, window, slide, input, expected) => {
    const build = (stream: DStream<number>) => stream.window(seconds(window), seconds(slide));
    expect(sorted(await perBatch(input, build, cut))).toEqual(expected);
  });

  test("window without a slide slides with its parent", async () => {
    const build = (stream: DStream<number>) => stream.window(seconds(2));
    const expected = [[0], [0, 1], [1, 2], [2, 3], [3, 4], [4, 5]];
    expect(sorted(await perBatch(digits, build, cut))).toEqual(expected);
  });

  test("reduceByKeyAndWindow(+, 4, 2) reduces each window", async () => {
    const input = [1, 2, 3, 4, 5, 6].map((n) => [["a", n] as [string, number]]);
    const expected = [null, 3, null, 10, null, 18, null, 11].map((n) => n && [["a", n]]);
    const batches = [...input, [], []];
    const forward = await perBatch(
      batches,
      (stream) => stream.reduceByKeyAndWindow(add, seconds(4), seconds(2)),
      cut,
    );
    expect(forward).toEqual(expected);
    const incremental = await perBatch(
      batches,
      (stream) => stream.reduceByKeyAndWindow(add, subtract, seconds(4), seconds(2)),
      cut,
    );
    expect(incremental).toEqual(expected);
  });

  test("only the incremental window keeps a key that has left it", async () => {
    const input = [ones("a"), ones("a"), [], []];
    const whole = await perBatch(
      input,
      (stream) => stream.reduceByKeyAndWindow(add, seconds(2), seconds(1)),
      cut,
    );
    expect(whole).toEqual([[["a", 1]], [["a", 2]], [["a", 1]], []]);
    const incremental = await perBatch(
      input,
      (stream) => stream.reduceByKeyAndWindow(add, subtract, seconds(2), seconds(1)),
      cut,
    );
    expect(incremental).toEqual([[["a", 1]], [["a", 2]], [["a", 1]], [["a", 0]]]);
  });

  test("the filter of an incremental window drops keys", async () => {
    const build = (stream: DStream<[string, number]>) =>
      stream.reduceByKeyAndWindow(add, subtract, seconds(2), seconds(1), {
        filter: (_key, count) => count !== 0,
      });
    expect(await perBatch([ones("a"), ones("a"), [], [], ones("a")], build, cut)).toEqual([
      [["a", 1]],
      [["a", 2]],
      [["a", 1]],
      [],
      [["a", 1]],
    ]);
  });

  test("countByWindow(2, 1) counts, and goes on with 0", async () => {
    const build = (stream: DStream<number>) => stream.countByWindow(seconds(2), seconds(1));
    const input = [[1], [1], [1, 2], [0], [], []];
    expect(await perBatch(input, build, cut)).toEqual([[1], [2], [3], [3], [1], [0]]);
  });

  test("countByWindow emits nothing before the first record", async () => {
    const build = (stream: DStream<number>) => stream.countByWindow(seconds(2), seconds(1));
    expect(await perBatch<number, number>([[], [7], [], []], build, cut)).toEqual([
      [],
      [1],
      [1],
      [0],
    ]);
  });

  test("countByValueAndWindow(2, 1) drops what has left", async () => {
    const build = (stream: DStream<string>) => stream.countByValueAndWindow(seconds(2), seconds(1));
    const input = [["a"], ["b", "b"], ["a", "b"], [], []];
    expect(sorted(await perBatch(input, build, cut))).toEqual([
      [["a", 1]],
      [
        ["a", 1],
        ["b", 2],
      ],
      [
        ["a", 1],
        ["b", 3],
      ],
      [
        ["a", 1],
        ["b", 1],
      ],
      [],
    ]);
  });

  test("updateStateByKey sums over the initial state", async () => {
    const input = ["a", "ab", "abc", "ab", "a", ""].map(ones);
    const result = await perBatch(
      input,
      (stream, ssc) =>
        stream.updateStateByKey<string, number, number>(
          (values, state) => values.reduce(add, state ?? 0),
          {
            initialState: ssc.data.parallelize<[string, number]>([
              ["a", 1],
              ["c", 2],
            ]),
          },
        ),
      cut,
    );
    const text = sorted(result).map((batch) => batch?.map(([key, n]) => key + n).join(" "));
    expect(text).toEqual(["a2 c2", "a3 b1 c2", "a4 b2 c3", "a5 b3 c3", "a6 b3 c3", "a6 b3 c3"]);
  });
});
