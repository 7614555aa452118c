/** Owns: that ordinary programs, as the programming guide writes them, need no annotation but that of a state. */
import { expectTypeOf, test } from "vitest";
import {
  type DStream,
  minutes,
  type RDD,
  type State,
  StreamingContext,
  seconds,
} from "../../src/index.ts";

const ssc = new StreamingContext({
  appName: "programs",
  master: "local",
  batchInterval: seconds(1),
});

test("word count", () => {
  const counts = ssc
    .socketTextStream("localhost", 9999)
    .flatMap((line) => line.split(" "))
    .map((word) => [word, 1])
    .reduceByKey((a, b) => a + b);
  counts.print();
  expectTypeOf(counts).toEqualTypeOf<DStream<[string, number]>>();
});

test("the most frequent words of the last minute", () => {
  const top = ssc
    .socketTextStream("localhost", 9999)
    .flatMap((line) => line.split(" ").map((word) => [word, 1]))
    .reduceByKeyAndWindow(
      (a, b) => a + b,
      (a, b) => a - b,
      minutes(1),
      seconds(5),
      { filter: (_word, count) => count > 0 },
    )
    .map(([word, count]) => [count, word])
    .transform((dataset) => dataset.sortByKey({ ascending: false }));
  expectTypeOf(top).toEqualTypeOf<DStream<[number, string]>>();
});

test("running totals", () => {
  const totals = ssc
    .socketTextStream("localhost", 9999)
    .map((word) => [word, 1])
    .updateStateByKey((values, total: number | undefined) =>
      values.reduce((sum, n) => sum + n, total ?? 0),
    );
  expectTypeOf(totals).toEqualTypeOf<DStream<[string, number]>>();
});

test("mean delay of each airport, named by a dataset", () => {
  const airports = ssc.data.parallelize([
    ["JFK", "New York"],
    ["ORD", "Chicago"],
  ]);
  const means = ssc
    .socketTextStream("localhost", 9999)
    .map((line) => line.split(","))
    .filter((fields) => fields.length === 2)
    .map(([airport = "", delay]) => [airport, [Number(delay), 1]])
    .reduceByKey(([delay, n], [other, m]) => [delay + other, n + m])
    .mapValues(([delay, n]) => delay / n)
    .transform((dataset) => dataset.join(airports))
    .map(([code, [mean, city]]) => ({ code, city, mean }));
  expectTypeOf(means).toEqualTypeOf<DStream<{ code: string; city: string; mean: number }>>();
});

test("sessions that time out", () => {
  const sessions = ssc
    .socketTextStream("localhost", 9999)
    .map((user) => [user, 1])
    .mapWithState((user, clicks, state: State<number>) => {
      if (clicks === undefined) return [user, state.get()];
      state.update((state.getOption() ?? 0) + clicks);
      return undefined;
    });
  expectTypeOf(sessions.stateSnapshots()).toEqualTypeOf<DStream<[string, number]>>();
  expectTypeOf(sessions.reduceByKey((a, b) => a + b)).toEqualTypeOf<DStream<[string, number]>>();
});

test("two streams, joined, and written away", () => {
  const clicks = ssc.queueStream([[["ad-1", "user-1"]]]);
  const views = ssc.queueStream([[["ad-1", { at: 1 }]]]);
  const rates = views.leftOuterJoin(clicks).mapValues(([, user]) => (user === undefined ? 0 : 1));
  rates.foreachRDD(async (dataset, timeMs) => {
    expectTypeOf(dataset).toEqualTypeOf<RDD<[string, number]>>();
    for (const [ad, clicked] of await dataset.collect())
      console.log(timeMs, ad, clicked.toFixed(0));
  });
  rates.saveAsFiles("rates", {
    extension: ".csv",
    write: (records) => records.map(([ad, clicked]) => `${ad},${clicked}\n`),
  });
});
