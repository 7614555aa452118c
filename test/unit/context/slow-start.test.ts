import { describe, expect, test } from "vitest";
import { sleep } from "../../../src/base/index.ts";
import { InputDStream, type RDD, StreamingContext, seconds } from "../../../src/index.ts";
import { ManualClock } from "../../../src/testing/index.ts";

/** The next number in each batch; it takes two and a half seconds to start. */
class SlowNumbers extends InputDStream<number> {
  readonly kind = "slow";
  override readonly replay = "source";
  readonly #clock: ManualClock;
  readonly #make: (record: number) => RDD<number>;
  #next = 1;

  constructor(clock: ManualClock, make: (record: number) => RDD<number>) {
    super();
    this.#clock = clock;
    this.#make = make;
  }

  override start(): Promise<void> {
    return sleep(this.#clock, 2500);
  }

  compute(): RDD<number> {
    const record = this.#next;
    this.#next += 1;
    return this.#make(record);
  }
}

describe("inputs that take longer to start than a batch lasts", () => {
  test.each(["in memory", "with a checkpoint directory"])(
    "cost no batch: each time of the grid has its own, in order, %s",
    async (where) => {
      const clock = new ManualClock();
      const batches: (readonly [number, readonly number[]])[] = [];
      const windows: (readonly [number, readonly number[]])[] = [];
      const create = () => {
        const ssc = new StreamingContext({
          batchInterval: seconds(1),
          clock,
          logger: { info: () => {}, warn: () => {}, error: () => {} },
        });
        const input = new SlowNumbers(clock, (record) => ssc.data.parallelize([record]));
        const numbers = ssc.inputStream(input);
        numbers.foreachRDD(async (dataset, timeMs) => {
          batches.push([timeMs, await dataset.collect()]);
        });
        numbers.window(seconds(4), seconds(4)).foreachRDD(async (dataset, timeMs) => {
          windows.push([timeMs, await dataset.collect()]);
        });
        return ssc;
      };
      const ssc =
        where === "in memory"
          ? create()
          : await StreamingContext.getOrCreate("memory:slow-start", create);
      const starting = ssc.start();
      // The wait of the input is set once the context has got so far.
      while (clock.pendingTimers === 0) await clock.yieldToEventLoop();
      await clock.advance(2500);
      await starting;
      await clock.advance(1500);
      expect(batches).toEqual([1, 2, 3, 4].map((n) => [n * 1000, [n]]));
      expect(windows).toEqual([[4000, [1, 2, 3, 4]]]);
      await ssc.destroy();
    },
  );
});
