/** Owns: what a batch costs that has nothing to do, from its tick until it is cleaned. */
import type { Benchmark } from "../benchmark.ts";
import { SteppedContext } from "../engine/stepped-context.ts";
import { sideBySide, spread } from "../measure.ts";

export const emptyBatch: Benchmark = {
  name: "empty-batch",
  run: async () => {
    const context = new SteppedContext();
    context
      .input<number>()
      .stream.map((n) => n + 1)
      .filter((n) => n > 0)
      .flatMap((n) => [n, n])
      .map((n): [number, number] => [n % 10, n])
      .reduceByKey((a, b) => a + b)
      .mapValues((n) => n / 2)
      .updateStateByKey<number, number, number>((values, total) => values.at(-1) ?? total)
      .map(([, n]) => n)
      .filter((n) => n > 1)
      .map((n) => `${n}`)
      .foreachRDD(async (dataset) => void (await dataset.collect()));
    await context.start();
    const [times = []] = await sideBySide([{ name: "batch", run: () => context.batch() }], {
      rounds: 1001,
      warmUps: 200,
    });
    await context.close();
    return [
      {
        name: "an empty batch through ten operators",
        unit: "ms",
        value: spread(times),
        target: { atMost: 1 },
      },
    ];
  },
};
