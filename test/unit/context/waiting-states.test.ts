/** What a batch whose state has yet to come about holds on to, under onFailure "continue". */
import { expect, test } from "vitest";
import { silentLogger } from "../../../src/base/index.ts";
import { Receiver, StreamingContext, seconds } from "../../../src/index.ts";
import { ManualClock } from "../../../src/testing/index.ts";

class Pump extends Receiver<string> {
  override onStart(): void {}
  override onStop(): void {}
}

/** Whether the receiver may go on at once after one batch of as many records as may be unprocessed. */
async function mayGoOn(update: () => number): Promise<boolean> {
  const clock = new ManualClock();
  const ssc = new StreamingContext({
    batchInterval: seconds(1),
    clock,
    logger: silentLogger,
    attempts: 1,
    unprocessedRecordsMax: 10,
  });
  const pump = new Pump();
  ssc
    .receiverStream(pump)
    .map((word) => [word, 1])
    .updateStateByKey(update)
    .foreachRDD((dataset) => dataset.count());
  await ssc.start();
  for (let stored = 0; stored < 10; stored++) void pump.store("a");
  // A block that is cut at the very time of a batch is in the next one.
  await clock.advance(2000);
  const waiting = pump.store("b");
  waiting?.catch(() => {});
  await ssc.destroy();
  return waiting === undefined;
}

test("a batch gives its room back when its state has come about", async () => {
  expect(await mayGoOn(() => 1)).toBe(true);
});

test("a batch keeps its room while its state waits, so that receivers stop reading", async () => {
  const failing = (): number => {
    throw new Error("no luck");
  };
  expect(await mayGoOn(failing)).toBe(false);
});
