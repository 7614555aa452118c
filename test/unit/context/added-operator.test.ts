import { expect, test } from "vitest";
import { InputDStream, type RDD, StreamingContext, seconds } from "../../../src/index.ts";
import { ManualClock } from "../../../src/testing/index.ts";

/** One record in each batch, the same for its time in every life. */
class Ones extends InputDStream<[string, number]> {
  readonly kind = "ones";
  override readonly replay = "source";
  readonly #make: (records: [string, number][]) => RDD<[string, number]>;

  constructor(make: (records: [string, number][]) => RDD<[string, number]>) {
    super();
    this.#make = make;
  }

  compute(): RDD<[string, number]> {
    return this.#make([["a", 1]]);
  }
}

const add = (values: readonly number[], sum: number | undefined) =>
  values.reduce((left, right) => left + right, sum ?? 0);

test("a stateful operator that a start has added counts from there on, also after a crash before its first snapshot", async () => {
  const clock = new ManualClock();
  const seen: Record<"old" | "new", number[]> = { old: [], new: [] };
  const live = async (hasNew: boolean) => {
    const ssc = await StreamingContext.getOrCreate("memory:added-operator", () => {
      const context = new StreamingContext({
        batchInterval: seconds(1),
        clock,
        logger: { info: () => {}, warn: () => {}, error: () => {} },
      });
      const ones = context.inputStream(new Ones((records) => context.data.parallelize(records)));
      for (const name of hasNew ? (["old", "new"] as const) : (["old"] as const)) {
        ones
          .updateStateByKey<string, number, number>(add)
          .uid(name)
          .foreachRDD(async (dataset) => {
            for (const [, sum] of await dataset.collect()) seen[name].push(sum);
          })
          .uid(`${name} shown`);
      }
      return context;
    });
    await ssc.start();
    await clock.advance(3000);
    await ssc.destroy();
  };
  await live(false);
  await live(true);
  // Neither operator has a snapshot yet: both are made again of the batches, each of its own.
  await live(true);
  expect(seen.old).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9]);
  expect(seen.new).toEqual([1, 2, 3, 4, 5, 6]);
});
