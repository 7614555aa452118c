/**
 * Owns: five graphs that have nothing to do with what is measured. They run first in each process of a benchmark: an engine that
 * was compiled for one set of user functions is faster than one that has seen many, and it is the second that
 * long-lived programs have.
 */
import type { DStream } from "millrace";
import { SteppedContext } from "./stepped-context.ts";

const batches = 20;
const numbers = Array.from({ length: 5000 }, (_, index) => index);

/** Runs the graphs, one context after the other. */
export async function runUnrelatedGraphs(): Promise<void> {
  await run((stream) =>
    stream
      .map((n) => n * 2.5)
      .filter((n) => n > 3)
      .map((n) => ({ n }))
      .map((o): [number, { n: number }] => [o.n % 10, o])
      .groupByKey()
      .mapValues((all) => all.length),
  );
  await run((stream) =>
    stream
      .map((n) => `reading ${n % 50}`)
      .flatMap((text) => text.split(""))
      .countByValue()
      .reduceByKeyAndWindow(
        (a, b) => a + b,
        (a, b) => a - b,
        stream.slideDuration,
      ),
  );
  await run((stream) => {
    const left = stream.map((n): [[number, string], number] => [[n % 20, "a"], n]);
    const right = stream
      .filter((n) => n < 100)
      .map((n): [[number, string], boolean] => [[n, "a"], true]);
    return left.reduceByKey((a, b) => Math.max(a, b)).leftOuterJoin(right);
  });
  await run((stream) =>
    stream
      .map((n): [number, { count: number; last: number }] => [n % 700, { count: 1, last: n }])
      .reduceByKey((a, b) => ({ count: a.count + b.count, last: b.last }))
      .updateStateByKey((values, total: { count: number } | undefined) =>
        values.length === 0
          ? total
          : { count: values.reduce((sum, { count }) => sum + count, total?.count ?? 0) },
      ),
  );
  await run((stream) =>
    stream
      .flatMap(function* (n): Generator<[string, bigint]> {
        if (n % 2 === 0) yield [`key ${n % 90}`, BigInt(n)];
      })
      .mapWithState(
        (
          key,
          value: bigint | undefined,
          state: { getOption(): bigint | undefined; update(s: bigint): void },
        ) => {
          state.update((state.getOption() ?? 0n) + (value ?? 0n));
          return key;
        },
      )
      .transform((dataset) => dataset.distinct()),
  );
}

async function run(build: (stream: DStream<number>) => DStream<unknown>): Promise<void> {
  const context = new SteppedContext();
  const input = context.input<number>();
  build(input.stream).foreachRDD(async (dataset) => void (await dataset.collect()));
  await context.start();
  const dataset = context.data.parallelize(numbers, 2);
  for (let batch = 0; batch < batches; batch++) {
    input.give(dataset);
    await context.batch();
  }
  await context.close();
}
