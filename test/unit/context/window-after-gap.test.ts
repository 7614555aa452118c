import { expect, test } from "vitest";
import {
  InputDStream,
  milliseconds,
  type RDD,
  StreamingContext,
  seconds,
} from "../../../src/index.ts";
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

test("a window whose slide is not due at the first batches after a gap still takes out what left it meanwhile", async () => {
  const clock = new ManualClock();
  const windows: (readonly [number, number])[] = [];
  const create = () => {
    const ssc = new StreamingContext({
      batchInterval: seconds(1),
      clock,
      logger: { info: () => {}, warn: () => {}, error: () => {} },
    });
    ssc
      .inputStream(new Ones((records) => ssc.data.parallelize(records)))
      .reduceByKeyAndWindow(
        (one, other) => one + other,
        (total, leaving) => total - leaving,
        seconds(8),
        seconds(4),
      )
      .foreachRDD(async (dataset, timeMs) => {
        const [[, count] = ["", 0]] = await dataset.collect();
        windows.push([timeMs, count]);
      });
    return ssc;
  };
  const directory = "memory:window-after-gap";
  const first = await StreamingContext.getOrCreate(directory, create);
  await first.start();
  await clock.advance(milliseconds(8_000));
  await first.destroy();
  // Down from 9 to 20 s, so that the windows at 12, 16 and 20 s are left out; the next one is at 24 s.
  await clock.advance(milliseconds(12_500));
  const second = await StreamingContext.getOrCreate(directory, create);
  await second.start();
  await clock.advance(milliseconds(12_000));
  await second.stop();
  expect(windows).toEqual([
    [4_000, 4],
    [8_000, 8],
    [24_000, 4],
    [28_000, 8],
    [32_000, 8],
  ]);
});
