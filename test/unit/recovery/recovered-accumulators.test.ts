/** Accumulators over several lives of an application: each task counts once, whatever is run again. */
import assert from "node:assert/strict";
import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { newestCheckpoints, readCheckpoint } from "../../../src/checkpoint/index.ts";
import { type Accumulator, milliseconds, StreamingContext, seconds } from "../../../src/index.ts";
import { openStore } from "../../../src/store/index.ts";
import { ManualClock } from "../../../src/testing/index.ts";
import { WordReceiver } from "./word-receiver.ts";

const hangs = (): Promise<never> => new Promise(() => {});

/** How a life ends: by itself, between batches, or while the second output of its last batch runs. */
type End = "stop" | "die" | "hang";

let applications = 0;

const listing = {
  zero: (): string[] => [],
  add: (all: string[], word: string) => {
    all.push(word);
    return all;
  },
  merge: (left: string[], right: string[]) => {
    left.push(...right);
    return left;
  },
};

class Application {
  readonly address = `memory:accumulators-${applications++}`;
  readonly clock = new ManualClock(10_000);
  totals: Readonly<Record<string, unknown>> = {};
  #given = 0;

  async live(batches: readonly (readonly string[])[], end: End, partitions = 2): Promise<void> {
    const { clock } = this;
    const receiver = new WordReceiver();
    const counts: Record<string, Accumulator<number>> = {};
    let words: Accumulator<string, string[]> | undefined;
    let isLast = false;
    let isHanging = false;
    const ssc = await StreamingContext.getOrCreate(this.address, () => {
      const context = new StreamingContext({
        batchInterval: seconds(1),
        clock,
        defaultParallelism: partitions,
        attempts: 2,
        logger: { info: () => {}, warn: () => {}, error: () => {} },
      });
      const { data } = context;
      const names = ["mapped", "first", "second", "state", "window", "making", "body", "retried"];
      for (const name of names) counts[name] = data.accumulator(name);
      words = data.accumulator(listing, "words");
      const add = (left: number, right: number) => left + right;
      const reduced = context
        .receiverStream(receiver)
        .uid("words")
        .map((word): [string, number] => {
          counts["mapped"]?.add(1);
          words?.add(word);
          return [word, 1];
        })
        .reduceByKey(add);
      reduced.foreachRDD((dataset) => dataset.foreach(() => counts["first"]?.add(1))).uid("first");
      let tries = 0;
      reduced
        .transform((dataset) => {
          counts["making"]?.add(1);
          return dataset;
        })
        .foreachRDD(async (dataset) => {
          await dataset.foreach(() => counts["second"]?.add(1));
          counts["body"]?.add(1);
          isHanging = isLast;
          if (isLast) await hangs();
          if (tries++ % 3 === 0) {
            counts["retried"]?.add(1000);
            throw new Error("once more");
          }
          counts["retried"]?.add(1);
        })
        .uid("second");
      reduced
        .updateStateByKey<string, number, number>((values, sum) => {
          if (values.length > 0) counts["state"]?.add(1);
          return values.reduce(add, sum ?? 0);
        })
        .uid("state")
        .checkpoint(milliseconds(3000))
        .foreachRDD(() => {})
        .uid("shown");
      reduced
        .mapValues((value) => {
          counts["window"]?.add(1);
          return value;
        })
        .window(seconds(3))
        .reduceByKey(add)
        .foreachRDD((dataset) => dataset.count())
        .uid("windowed");
      return context;
    });
    await ssc.start();
    for (const [index, given] of batches.entries()) {
      isLast = end === "hang" && index === batches.length - 1;
      await receiver.give(this.#given, given);
      this.#given += given.length;
      if (!isLast) await clock.advance(1000);
      else {
        await clock.advanceWithoutWaiting(1000);
        for (let turn = 0; turn < 5000 && !isHanging; turn++) await clock.yieldToEventLoop();
        assert.ok(isHanging);
      }
    }
    let hasEnded = false;
    const ended = (end === "stop" ? ssc.stop() : ssc.destroy()).finally(() => {
      hasEnded = true;
    });
    // What hangs is given a time.
    while (!hasEnded) await clock.advanceWithoutWaiting(100);
    await ended;
    this.totals = {
      ...Object.fromEntries(Object.entries(counts).map(([name, { value }]) => [name, value])),
      words: words?.value,
    };
  }
}

/** What one life comes to that is given all of these batches. */
async function undisturbed(batches: readonly (readonly string[])[]): Promise<unknown> {
  const application = new Application();
  await application.live(batches, "stop");
  return application.totals;
}

describe("accumulators of an application that dies", () => {
  test("go on with what outputs that were done, and completed batches, had counted", async () => {
    const batches = [["a", "b"], ["a"], [], ["b", "c", "c"], ["a"]];
    const application = new Application();
    await application.live(batches.slice(0, 2), "die");
    await application.live(batches.slice(2, 4), "hang");
    await application.live(batches.slice(4), "stop");
    expect(application.totals).toEqual(await undisturbed(batches));
    expect(application.totals).toMatchObject({ mapped: 7, first: 6, second: 6, body: 5 });
    expect(application.totals["words"]).toEqual(batches.flat());
  });

  test("count each task once, whenever it dies and whatever is made again", async () => {
    const batch = fc.array(fc.constantFrom("a", "b", "c"), { maxLength: 4 });
    const life = fc.record({
      batches: fc.array(batch, { minLength: 1, maxLength: 4 }),
      end: fc.constantFrom<End>("stop", "die", "hang", "hang"),
    });
    await fc.assert(
      fc.asyncProperty(fc.array(life, { minLength: 1, maxLength: 4 }), async (lives) => {
        const application = new Application();
        for (const { batches, end } of lives) await application.live(batches, end);
        await application.live([["a"]], "stop");
        const all = [...lives.flatMap(({ batches }) => batches), ["a"]];
        expect(application.totals).toEqual(await undisturbed(all));
      }),
      { numRuns: 15 },
    );
  });

  test("are one value each in a checkpoint, however many batches added to them", async () => {
    const application = new Application();
    await application.live(
      Array.from({ length: 9 }, () => ["a"]),
      "stop",
    );
    const store = await openStore(application.address);
    const names: string[] = [];
    for await (const { name } of store.list("checkpoints/")) names.push(name);
    const { accumulators } = await readCheckpoint(store, newestCheckpoints(names)[0] ?? "");
    await store.close();
    expect(accumulators["mapped"]).toEqual([9]);
    expect(Object.keys(accumulators)).not.toContain("*");
  });
});
