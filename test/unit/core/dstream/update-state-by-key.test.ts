/** updateStateByKey in all its forms; a batch is a second. */
import { describe, expect, test } from "vitest";
import {
  type DStream,
  HashPartitioner,
  type Partitioner,
  type StateSettings,
  type StreamingContext,
} from "../../../../src/index.ts";
import { caught, cuts, ones, perBatch, sorted } from "./per-batch.ts";

const add = (a: number, b: number): number => a + b;
type Pairs = DStream<[string, number]>;

/** The sum of the values of each key. */
function sums(settings: StateSettings<string, number> = {}): (stream: Pairs) => Pairs {
  return (stream) =>
    stream.updateStateByKey<string, number, number>(
      (values, state = 0) => values.reduce(add, state),
      settings,
    );
}

describe.each(cuts)("over %s", (_, cut) => {
  test("the function is called for every key in every batch", async () => {
    const calls: string[] = [];
    const build = (stream: Pairs) =>
      stream.updateStateByKey<string, number, number>((values, state, key, timeMs) => {
        calls.push(`${timeMs} ${key} ${values.length} ${state}`);
        return (state ?? 0) + values.length;
      });
    await perBatch([ones("aba"), ones("b"), [], null], build, cut);
    expect(calls.sort()).toEqual([
      "1000 a 2 undefined",
      "1000 b 1 undefined",
      "2000 a 0 2",
      "2000 b 1 1",
      "3000 a 0 2",
      "3000 b 0 2",
      "4000 a 0 2",
      "4000 b 0 2",
    ]);
  });

  test("undefined removes a key, which begins anew when it comes back", async () => {
    const build = (stream: Pairs) =>
      stream.updateStateByKey<string, number, number>((values, state) =>
        values.length === 0 ? undefined : values.reduce(add, state ?? 0),
      );
    const result = await perBatch([ones("ab"), ones("a"), ones("ab"), []], build, cut);
    expect(sorted(result)).toEqual([
      [
        ["a", 1],
        ["b", 1],
      ],
      [["a", 2]],
      [
        ["a", 3],
        ["b", 1],
      ],
      [],
    ]);
  });

  test("a key for which undefined is returned at once never has a state", async () => {
    const build = (stream: Pairs) =>
      stream.updateStateByKey<string, number, number>(() => undefined);
    expect(await perBatch([ones("a"), ones("a")], build, cut)).toEqual([[], []]);
  });

  test("a form by partition sees all keys of a partition, and keeps those that it gives", async () => {
    const times: number[] = [];
    const build = (stream: Pairs) =>
      stream.updateStateByPartition<string, number, number>(function* (entries, timeMs) {
        times.push(timeMs);
        for (const [key, values, state] of entries) {
          const sum = values.reduce(add, state ?? 0);
          if (sum < 3) yield [key, sum];
        }
      });
    const result = await perBatch([ones("aab"), ones("ab"), [], ones("a")], build, cut);
    expect(sorted(result)).toEqual([
      [
        ["a", 2],
        ["b", 1],
      ],
      [["b", 2]],
      [["b", 2]],
      [
        ["a", 1],
        ["b", 2],
      ],
    ]);
    expect(new Set(times)).toEqual(new Set([1000, 2000, 3000, 4000]));
  });

  test("no state and no dataset make no dataset; a state without a dataset lives on", async () => {
    const result = await perBatch([null, null, ones("a"), null, []], sums(), cut);
    expect(result).toEqual([null, null, [["a", 1]], [["a", 1]], [["a", 1]]]);
  });

  test("the initial state is not emitted before the stream has a dataset", async () => {
    const build = (stream: Pairs, ssc: StreamingContext) =>
      sums({ initialState: ssc.data.parallelize<[string, number]>([["a", 5]]) })(stream);
    expect(await perBatch([null, ones("b"), null], build, cut).then(sorted)).toEqual([
      null,
      [
        ["a", 5],
        ["b", 1],
      ],
      [
        ["a", 5],
        ["b", 1],
      ],
    ]);
  });

  test("a state may be fed by another one", async () => {
    const build = (stream: Pairs) => sums()(sums()(stream));
    expect(await perBatch([ones("a"), ones("a"), []], build, cut)).toEqual([
      [["a", 1]],
      [["a", 3]],
      [["a", 5]],
    ]);
  });

  test("a window over a state has each version", async () => {
    const build = (stream: Pairs) => sums()(stream).window(3000 as never);
    const result = await perBatch([ones("a"), ones("ab"), ones("a"), []], build, cut);
    expect(sorted(result)).toEqual([
      [["a", 1]],
      [
        ["a", 1],
        ["a", 2],
        ["b", 1],
      ],
      [
        ["a", 1],
        ["a", 2],
        ["a", 3],
        ["b", 1],
        ["b", 1],
      ],
      [
        ["a", 2],
        ["a", 3],
        ["a", 3],
        ["b", 1],
        ["b", 1],
        ["b", 1],
      ],
    ]);
  });

  test("a state over a sliding window moves on with its slide", async () => {
    const build = (stream: Pairs) => sums()(stream.window(2000 as never, 2000 as never));
    expect(await perBatch([ones("a"), ones("a"), ones("a"), []], build, cut)).toEqual([
      null,
      [["a", 2]],
      null,
      [["a", 3]],
    ]);
  });
});

test("values come in the order of the batch", async () => {
  const build = (stream: Pairs) =>
    stream.updateStateByKey<string, number, readonly number[]>((values) => values);
  const input: [string, number][] = [1, 2, 3, 4, 5].map((n) => ["a", n]);
  expect(await perBatch([input], build, { partitions: 3 })).toEqual([[["a", [1, 2, 3, 4, 5]]]]);
});

test("a state has the partitions that it was given", async () => {
  const parts = (settings: StateSettings<string, number>) =>
    perBatch([ones("abcdefgh")], (stream) => sums(settings)(stream).glom().count());
  expect(await parts({})).toEqual([[1]]);
  expect(await parts({ partitioning: 4 })).toEqual([[4]]);
  expect(await parts({ partitioning: new HashPartitioner(5) })).toEqual([[5]]);
});

test("a partitioner of one's own tells where each key is", async () => {
  const byCase: Partitioner = {
    partitionCount: 2,
    partitionOf: (key) => (String(key) === String(key).toUpperCase() ? 1 : 0),
    equals: (other) => other === byCase,
  };
  const build = (stream: Pairs) => sums({ partitioning: byCase })(stream).glom();
  const [result] = await perBatch([ones("aBcD")], build);
  expect(result?.map((records) => records.map(([key]) => key).sort())).toEqual([
    ["a", "c"],
    ["B", "D"],
  ]);
});

test("the initial state may stand in other partitions than the state", async () => {
  const build = (stream: Pairs, ssc: StreamingContext) => {
    const initial = ones("abcdefgh");
    return sums({ partitioning: 3, initialState: ssc.data.parallelize(initial, 5) })(stream);
  };
  const [result] = await perBatch([ones("abcdefgh")], build);
  expect(sorted([result ?? []])).toEqual([Array.from("abcdefgh", (key) => [key, 2])]);
});

test("keys are told apart by value", async () => {
  const build = (stream: DStream<[readonly [string, number], number]>) =>
    stream.updateStateByKey<readonly [string, number], number, number>((values, state = 0) =>
      values.reduce(add, state),
    );
  const result = await perBatch([[[["a", 1], 1]], [[["a", 1], 1]]], build);
  expect(result).toEqual([[[["a", 1], 1]], [[["a", 1], 2]]]);
});

test("a function that returns a promise is refused", async () => {
  const build = (stream: Pairs) =>
    stream.updateStateByKey<string, number, unknown>(() => Promise.resolve(1)).uid("sums");
  const error = await caught(perBatch([ones("a")], build));
  expect(error.cause).toMatchObject({ code: "promise_returned", details: { operator: "sums" } });
});

test("a function by partition that gives a key undefined removes the key", async () => {
  const build = (stream: Pairs) =>
    stream.updateStateByPartition<string, number, number>((entries) =>
      [...entries].map(([key, values]) => [key, values.length > 0 ? 1 : (undefined as never)]),
    );
  expect(await perBatch([ones("a"), []], build)).toEqual([[["a", 1]], []]);
});
