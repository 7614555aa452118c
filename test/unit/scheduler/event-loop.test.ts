/**
 * The event loop turns while functions of the program compute. These tests run by the clock of the machine, as what they
 * claim is about it; they count turns and compare orders, and assert no duration.
 */
import { describe, expect, test } from "vitest";
import { type DStream, milliseconds, StreamingContext, seconds } from "../../../src/index.ts";

const records = Array.from({ length: 20_000 }, (_, index): [number, number] => [
  index % 500,
  index,
]);

/** The turns of the event loop, and how many there had been at the first and at the last call of `work`. */
const turns = { count: 0, atFirstCall: -1, atLastCall: -1 };

/** Computes for some microseconds. */
function work(n: number): number {
  if (turns.atFirstCall === -1) turns.atFirstCall = turns.count;
  turns.atLastCall = turns.count;
  let x = n;
  for (let i = 0; i < 400; i++) x = (x * 1_103_515_245 + 12_345) % 2_147_483_648;
  return x;
}

type Pairs = DStream<[number, number]>;
const add = (a: number, b: number): number => work(a) + b;

const graphs: Record<string, (pairs: Pairs) => DStream<unknown>> = {
  map: (pairs) => pairs.map(([, n]) => work(n)),
  flatMap: (pairs) => pairs.flatMap(([, n]) => [work(n)]),
  reduceByKey: (pairs) => pairs.reduceByKey(add),
  updateStateByKey: (pairs) =>
    pairs
      .map(([, n]): [number, number] => [n, n])
      .updateStateByKey<number, number, number>(([n = 0]) => work(n)),
  updateStateByPartition: (pairs) =>
    pairs
      .map(([, n]): [number, number] => [n, n])
      .updateStateByPartition<number, number, number>(function* (entries) {
        for (const [key, [n = 0]] of entries) yield [key, work(n)];
      }),
  "an incremental window": (pairs) =>
    pairs
      .map(([, n]): [number, number] => [n, n])
      .reduceByKeyAndWindow(add, add, seconds(1), undefined, {
        filter: (_key, n) => work(n) >= 0,
      }),
  mapWithState: (pairs) =>
    pairs.mapWithState<number, number, number, number>((_key, n, state) => {
      state.update(work(n ?? 0));
      return state.get();
    }),
};

describe("the event loop turns between slices", () => {
  test.each(Object.entries(graphs))("while %s computes over many records", async (_, build) => {
    const ssc = new StreamingContext({ batchInterval: milliseconds(20) });
    Object.assign(turns, { count: 0, atFirstCall: -1, atLastCall: -1 });
    const turn = () => {
      turns.count += 1;
      timer = setImmediate(turn);
    };
    let timer = setImmediate(turn);
    const done = new Promise<number>((resolve) => {
      build(ssc.queueStream([records])).foreachRDD(async (dataset) => {
        await dataset.count();
        resolve(turns.atLastCall - turns.atFirstCall);
      });
    });
    await ssc.start();
    expect(await done).toBeGreaterThan(3);
    clearImmediate(timer);
    await ssc.destroy();
  });
});
