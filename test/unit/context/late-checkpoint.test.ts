/** A graceful stop, and the checkpoint that the last batch has asked for. */
import { expect, onTestFinished, test, vi } from "vitest";
import { silentLogger } from "../../../src/base/index.ts";
import { StreamingContext, seconds, systemClock } from "../../../src/index.ts";
import { ReceiverTracker } from "../../../src/receiver/index.ts";
import { ManualClock } from "../../../src/testing/index.ts";

test("a graceful stop waits for a checkpoint that has yet to begin, as batches are forgotten first", async () => {
  const clock = new ManualClock();
  const ssc = await StreamingContext.getOrCreate("memory:late-checkpoint", () => {
    const context = new StreamingContext({
      batchInterval: seconds(1),
      clock,
      logger: silentLogger,
      allowNotResumable: ["numbers"],
    });
    context
      .queueStream([[1], [2], [3], [4]])
      .uid("numbers")
      .foreachRDD((dataset) => dataset.count());
    return context;
  });
  await ssc.start();
  await clock.advance(2000);
  let letGo: () => void = () => {};
  const held = new Promise<void>((resolve) => {
    letGo = resolve;
  });
  const clean = vi.spyOn(ReceiverTracker.prototype, "clean").mockImplementation(() => held);
  onTestFinished(() => clean.mockRestore());
  await clock.advance(1000);
  expect(clean).toHaveBeenCalled();
  let hasStopped = false;
  const stopped = ssc.stop().then(() => {
    hasStopped = true;
  });
  for (let turn = 0; turn < 100; turn += 1) await systemClock.yieldToEventLoop();
  expect(hasStopped).toBe(false);
  letGo();
  await stopped;
  await ssc.awaitTermination();
});
