/** Reducers that change their left argument, in streams: every output, retry, window and state has the right sums. */
import { describe, expect, test } from "vitest";
import { type DStream, seconds } from "../../../../src/index.ts";
import { DrivenContext } from "../../context/driven-context.ts";
import { sorted } from "./per-batch.ts";

interface Sum {
  n: number;
}
type Pairs = DStream<[string, Sum]>;

const addTo = (left: Sum, right: Sum): Sum => {
  left.n += right.n;
  return left;
};
const takeFrom = (left: Sum, right: Sum): Sum => {
  left.n -= right.n;
  return left;
};

const batches = (): [string, Sum][][] =>
  [1, 2, 3, 4, 5].map((batch) => [
    ["a", { n: batch }],
    ["a", { n: 10 * batch }],
    ["b", { n: batch }],
  ]);
const reduced = (pairs: [string, Sum][]): [string, Sum][] => {
  const of = (key: string) => pairs.reduce((sum, [k, { n }]) => sum + (k === key ? n : 0), 0);
  return [
    ["a", { n: of("a") }],
    ["b", { n: of("b") }],
  ];
};
const lastThree = batches().map((_, index) =>
  batches()
    .slice(Math.max(0, index - 2), index + 1)
    .flat(),
);
const allSoFar = batches().map((_, index) =>
  batches()
    .slice(0, index + 1)
    .flat(),
);

const operators: Record<string, [build: (pairs: Pairs) => Pairs, expected: [string, Sum][][]]> = {
  reduceByKey: [(pairs) => pairs.reduceByKey(addTo), batches()],
  combineByKey: [
    (pairs) =>
      pairs.combineByKey({ create: (value) => value, mergeValue: addTo, mergeCombiners: addTo }),
    batches(),
  ],
  "a plain window": [(pairs) => pairs.reduceByKeyAndWindow(addTo, seconds(3)), lastThree],
  "a window reduced once more": [(pairs) => pairs.window(seconds(3)).reduceByKey(addTo), lastThree],
  "an incremental window": [
    (pairs) => pairs.reduceByKeyAndWindow(addTo, takeFrom, seconds(3)),
    lastThree,
  ],
  "a state": [
    (pairs) =>
      pairs
        .reduceByKey(addTo)
        .updateStateByKey((values, state: Sum | undefined) =>
          values.reduce((left, { n }) => ({ n: left.n + n }), state ?? { n: 0 }),
        ),
    allSoFar,
  ],
};

describe.each(Object.entries(operators))("%s", (_name, [build, expected]) => {
  test("gives two outputs, a retry and the records themselves the right sums", async () => {
    const given = batches();
    await using driven = new DrivenContext();
    const pairs = driven.input(given, 2).map(([key, value]): [string, Sum] => [key, value]);
    const stream = build(pairs.cache());
    const first = driven.collect(stream);
    const failed = new Set<number>();
    stream.foreachRDD(async (dataset, timeMs) => {
      await dataset.collect();
      if (!failed.has(timeMs)) {
        failed.add(timeMs);
        throw new Error("the first try fails");
      }
    });
    const second = driven.collect(build(pairs));
    await driven.ssc.start();
    await driven.batches(5);
    for (const outputs of [first, second]) {
      expect(sorted([...outputs.values()])).toEqual(expected.map(reduced));
    }
    expect(failed.size).toBe(5);
    expect(given).toEqual(batches());
  });
});
