/** The rates that backpressure came to, over two lives of an application. */
import { expect, test, vi } from "vitest";
import { sleep } from "../../../src/base/index.ts";
import { newestCheckpoints, readCheckpoint } from "../../../src/checkpoint/index.ts";
import { StreamingContext, seconds } from "../../../src/index.ts";
import { ReceiverTracker } from "../../../src/receiver/index.ts";
import { openStore } from "../../../src/store/index.ts";
import { ManualClock } from "../../../src/testing/index.ts";
import { WordReceiver } from "./word-receiver.ts";

test("a receiver begins with the rate that its batches showed to be possible in the life before", async () => {
  const address = "memory:recovered-rates";
  const clock = new ManualClock(10_000);
  const rates: [number, number][] = [];
  const update = vi.spyOn(ReceiverTracker.prototype, "updateRate");
  update.mockImplementation((streamId, rate) => void rates.push([streamId, rate]));
  const passing = async (work: Promise<void>) => {
    let isDone = false;
    const done = work.finally(() => {
      isDone = true;
    });
    while (!isDone) await clock.advanceWithoutWaiting(10);
    await done;
  };
  let given = 0;
  const live = async (batches: number) => {
    const receiver = new WordReceiver();
    const ssc = await StreamingContext.getOrCreate(address, () => {
      const context = new StreamingContext({
        batchInterval: seconds(1),
        clock,
        backpressure: { minRate: 1 },
        logger: { info: () => {}, warn: () => {}, error: () => {} },
      });
      context
        .receiverStream(receiver)
        .uid("words")
        // A batch takes half a second.
        .foreachRDD(() => sleep(clock, 500))
        .uid("slow");
      return context;
    });
    await ssc.start();
    const begun = [...rates];
    for (let batch = 0; batch < batches; batch++) {
      const words = Array.from({ length: 10 * (batch + 1) }, () => "w");
      await passing(receiver.give(given, words));
      given += words.length;
      await clock.advanceWithoutWaiting(1000);
    }
    await clock.advanceWithoutWaiting(1000);
    await passing(ssc.destroy());
    return begun;
  };
  expect(await live(4)).toEqual([]);
  const last = rates.at(-1);
  expect(last?.[1]).toBeGreaterThan(1);
  rates.length = 0;
  expect(await live(0)).toEqual([last]);
  // Also where no batch of that life told anything.
  const store = await openStore(address);
  const names: string[] = [];
  for await (const { name } of store.list("checkpoints/")) names.push(name);
  const checkpoint = await readCheckpoint(store, newestCheckpoints(names)[0] ?? "");
  await store.close();
  expect(checkpoint.rates).toMatchObject({ words: { rate: last?.[1] } });
  rates.length = 0;
  expect(await live(0)).toEqual([last]);
  update.mockRestore();
});
