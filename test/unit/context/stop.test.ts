/** Ends of a context: gracefully and at once, from outside and from within. */
import { afterEach, describe, expect, test } from "vitest";
import { sleep } from "../../../src/base/index.ts";
import { milliseconds, StreamingContext, seconds } from "../../../src/index.ts";
import { ManualClock } from "../../../src/testing/index.ts";
import { CountingReceiver } from "./counting-receiver.ts";
import { caught, DrivenContext, gate, ListInput, settle } from "./driven-context.ts";

afterEach(async () => {
  await StreamingContext.getActive()?.destroy();
});

const never = (): Promise<never> => new Promise(() => {});

describe("a graceful stop", () => {
  /** Runs a receiver for a while, stops, and compares what was taken with what was processed. */
  async function round(
    runMs: number,
    receiver: (clock: ManualClock) => CountingReceiver,
    stop: (engine: DrivenContext) => Promise<void> = (engine) => engine.ssc.stop(),
  ): Promise<void> {
    await using engine = new DrivenContext({ blockInterval: milliseconds(100) });
    const counting = receiver(engine.clock);
    const processed: number[] = [];
    engine.ssc.receiverStream(counting).foreachRDD(async (dataset) => {
      processed.push(...(await dataset.collect()));
    });
    await engine.ssc.start();
    await engine.clock.advance(runMs);
    await stop(engine);
    expect(counting.taken.length).toBeGreaterThan(0);
    expect(processed).toEqual(counting.taken);
    await engine.ssc.awaitTermination();
  }

  test.each([730, 1000, 1999, 3456])(
    "loses nothing of what a receiver took in %s ms",
    async (runMs) => {
      await round(runMs, (clock) => new CountingReceiver(clock, 30));
    },
  );

  test.each([730, 1000, 1999, 3456])(
    "loses no block that a receiver was acknowledged in %s ms",
    async (runMs) => {
      await round(runMs, (clock) => new CountingReceiver(clock, 70, 5));
    },
  );

  test("loses nothing of a receiver that stores while it stops, and takes its time", async () => {
    await round(
      1450,
      (clock) => {
        const receiver = new CountingReceiver(clock, 30);
        receiver.ending = async () => {
          await receiver.storeNext();
          await sleep(clock, 1500);
          await receiver.storeNext();
        };
        return receiver;
      },
      async (engine) => {
        const stopped = engine.ssc.stop();
        await engine.clock.advance(2000);
        await stopped;
      },
    );
  });

  test("loses nothing of several blocks that no batch has yet, in the batch of the next time", async () => {
    await using engine = new DrivenContext({ blockInterval: milliseconds(100) });
    const receiver = new CountingReceiver(engine.clock, 50);
    const stream = engine.ssc.receiverStream(receiver);
    const blocks = new Map<number, number>();
    stream.foreachRDD((dataset, timeMs) => void blocks.set(timeMs, dataset.node.partitionCount));
    const numbers = engine.collect(stream);
    await engine.ssc.start();
    await engine.clock.advance(1550);
    await engine.ssc.stop();
    expect([...blocks]).toEqual([
      [1000, 9],
      [2000, 7],
    ]);
    expect([...numbers.values()].flat()).toEqual(receiver.taken);
    expect(engine.clock.now()).toBe(1550);
  });

  test("waits for the batches that run, and runs those that are due", async () => {
    await using engine = new DrivenContext();
    const { open, opened } = gate();
    const done: number[] = [];
    engine.input([[1], [2]]).foreachRDD(async (_dataset, timeMs) => {
      await opened;
      done.push(timeMs);
    });
    await engine.ssc.start();
    await engine.clock.advanceWithoutWaiting(2000);
    const stopped = engine.ssc.stop();
    await settle();
    expect([engine.ssc.state, done]).toEqual(["ACTIVE", []]);
    open();
    await stopped;
    expect([engine.ssc.state, done]).toEqual(["STOPPED", [1000, 2000]]);
  });

  test("runs no batch when nothing is left for one", async () => {
    await using engine = new DrivenContext();
    const result = engine.collect(engine.input([[1], [2]]));
    await engine.ssc.start();
    await engine.clock.advance(1999);
    await engine.ssc.stop();
    await engine.clock.advance(5000);
    expect([...result.keys()]).toEqual([1000]);
    expect(engine.clock.pendingTimers).toBe(0);
  });

  test("is over by gracefulStopTimeout when a job hangs, and an input as well", async () => {
    await using engine = new DrivenContext({ gracefulStopTimeout: seconds(3) });
    class Stubborn extends ListInput<number> {
      override stop(): Promise<never> {
        return never();
      }
    }
    engine.ssc.inputStream(new Stubborn([[1]])).foreachRDD(never);
    await engine.ssc.start();
    await engine.clock.advanceWithoutWaiting(1000);
    const stopped = caught(engine.ssc.stop());
    await engine.clock.advance(2249);
    expect(engine.ssc.state).toBe("ACTIVE");
    await engine.clock.advance(751);
    expect(await stopped).toMatchObject({
      code: "stop_timed_out",
      kind: "unavailable",
      details: { timeoutMs: 3000, unfinishedBatches: 1 },
    });
    expect(engine.ssc.state).toBe("STOPPED");
    expect(await caught(engine.ssc.awaitTermination())).toMatchObject({ code: "stop_timed_out" });
  });

  test("is bounded when a receiver does not stop, and what was taken is processed", async () => {
    await using engine = new DrivenContext({ gracefulStopTimeout: seconds(4) });
    const receiver = new CountingReceiver(engine.clock, 30);
    receiver.ending = never;
    const numbers = engine.collect(engine.ssc.receiverStream(receiver));
    await engine.ssc.start();
    await engine.clock.advance(500);
    const stopped = caught(engine.ssc.stop());
    await engine.clock.advance(4000);
    expect(await stopped).toMatchObject({ code: "receiver_not_stopped" });
    expect([...numbers.values()].flat()).toEqual(receiver.taken);
    expect(engine.ssc.state).toBe("STOPPED");
  });

  test("is not held up by an input that does not stop", async () => {
    await using engine = new DrivenContext();
    class Stubborn extends ListInput<number> {
      override stop(): Promise<never> {
        return never();
      }
    }
    engine.ssc.inputStream(new Stubborn([])).foreachRDD(() => {});
    await engine.ssc.start();
    const stopped = engine.ssc.stop();
    await engine.clock.advance(2000);
    await stopped;
    expect(engine.ssc.state).toBe("STOPPED");
    expect(engine.log.join()).toContain("did not stop within 2000 ms");
  });

  test("may be begun from within an output operation, which does not wait for it", async () => {
    await using engine = new DrivenContext();
    const done: number[] = [];
    engine.input([[1], [2]]).foreachRDD(async (dataset, timeMs) => {
      await engine.ssc.stop();
      await dataset.count();
      done.push(timeMs);
    });
    await engine.ssc.start();
    await engine.batches(1);
    await engine.ssc.awaitTermination();
    expect([engine.ssc.state, done]).toEqual(["STOPPED", [1000]]);
  });

  test("may be begun from within a transform", async () => {
    await using engine = new DrivenContext();
    const result = engine.collect(
      engine.input([[1], [2]]).transform(async (dataset) => {
        await engine.ssc.stop();
        return dataset;
      }),
    );
    await engine.ssc.start();
    await engine.batches(1);
    await engine.ssc.awaitTermination();
    expect([...result]).toEqual([[1000, [1]]]);
  });

  test("may be begun from within a dead-letter function", async () => {
    const failed: number[] = [];
    await using engine = new DrivenContext({
      attempts: 1,
      onFailure: {
        deadLetter: async ({ batchTime }) => {
          await engine.ssc.stop();
          failed.push(batchTime);
        },
      },
    });
    engine.input([[1], [2]]).foreachRDD(() => {
      throw new Error("no luck");
    });
    await engine.ssc.start();
    await engine.batches(1);
    await engine.ssc.awaitTermination().catch(() => {});
    expect([engine.ssc.state, failed]).toEqual(["STOPPED", [1000]]);
  });

  test("may be begun by a listener", async () => {
    await using engine = new DrivenContext();
    const result = engine.collect(engine.input([[1], [2], [3]]));
    let stopped: Promise<void> | undefined;
    engine.ssc.addStreamingListener({
      onBatchCompleted: ({ batchTime }) => {
        if (batchTime === 2000) stopped = engine.ssc.stop();
      },
    });
    await engine.ssc.start();
    await engine.batches(3);
    await stopped;
    expect([...result.keys()]).toEqual([1000, 2000]);
  });

  test("ends with what stops the context at once meanwhile", async () => {
    await using engine = new DrivenContext({ attempts: 1, onFailure: "stop" });
    const { open, opened } = gate();
    engine.input([[1]]).foreachRDD(async () => {
      await opened;
      throw new Error("no luck");
    });
    await engine.ssc.start();
    await engine.clock.advanceWithoutWaiting(1000);
    const stopped = engine.ssc.stop();
    open();
    await stopped;
    expect(await caught(engine.ssc.awaitTermination())).toMatchObject({ code: "batch_failed" });
  });

  test("leaves it to an immediate one to tell what happened", async () => {
    await using engine = new DrivenContext({ gracefulStopTimeout: seconds(1) });
    engine.input([[1]]).foreachRDD(never);
    await engine.ssc.start();
    await engine.clock.advanceWithoutWaiting(1000);
    const stopped = engine.ssc.stop();
    await engine.clock.advance(500);
    const reason = new Error("enough");
    const destroyed = engine.ssc.destroy(reason);
    await engine.clock.advance(5000);
    await Promise.all([stopped, destroyed]);
    expect(await caught(engine.ssc.awaitTermination())).toBe(reason);
  });

  test("may be turned into an immediate one", async () => {
    await using engine = new DrivenContext();
    engine.input([[1]]).foreachRDD(never);
    await engine.ssc.start();
    await engine.clock.advanceWithoutWaiting(1000);
    const stopped = engine.ssc.stop();
    const reason = new Error("enough");
    const destroyed = engine.ssc.destroy(reason);
    await engine.clock.advance(2000);
    await Promise.all([stopped, destroyed]);
    expect(engine.ssc.state).toBe("STOPPED");
    expect(await caught(engine.ssc.awaitTermination())).toBe(reason);
    expect(engine.clock.pendingTimers).toBe(0);
  });
});

describe("an immediate stop", () => {
  /** Each look at it takes a while, as if functions took their time between two looks. */
  class BusyClock extends ManualClock {
    lookMs = 0;
    #spentMs = 0;

    override monotonicNow(): number {
      this.#spentMs += this.lookMs;
      return super.monotonicNow() + this.#spentMs;
    }
  }

  test("cancels a task that computes, at the next slice", async () => {
    const clock = new BusyClock();
    await using engine = new DrivenContext({ clock });
    const records = Array.from({ length: 100_000 }, (_, index) => index);
    let calls = 0;
    let callsAtDestroy = 0;
    let destroyed: Promise<void> | undefined;
    engine
      .input([records])
      .map(() => {
        calls += 1;
        if (calls === 5000) {
          setImmediate(() => {
            callsAtDestroy = calls;
            destroyed = engine.ssc.destroy();
          });
        }
      })
      .foreachRDD(async (dataset) => void (await dataset.count()));
    await engine.ssc.start();
    clock.lookMs = 1;
    await clock.advance(1000);
    await destroyed;
    expect(engine.ssc.state).toBe("STOPPED");
    expect(callsAtDestroy).toBeLessThan(50_000);
    expect(calls - callsAtDestroy).toBeLessThanOrEqual(256);
    await engine.ssc.awaitTermination();
  });

  test("stop({ graceful: false }) is one: it does not run what is left", async () => {
    await using engine = new DrivenContext({ blockInterval: milliseconds(100) });
    const receiver = new CountingReceiver(engine.clock, 30);
    const numbers = engine.collect(engine.ssc.receiverStream(receiver));
    await engine.ssc.start();
    await engine.clock.advance(700);
    await engine.ssc.stop({ graceful: false });
    expect([engine.ssc.state, numbers.size]).toEqual(["STOPPED", 0]);
    await engine.ssc.awaitTermination();
  });

  test("is bounded when a job does not notice", async () => {
    await using engine = new DrivenContext();
    engine.input([[1]]).foreachRDD(never);
    await engine.ssc.start();
    await engine.clock.advanceWithoutWaiting(1000);
    const destroyed = engine.ssc.destroy();
    await engine.clock.advance(1999);
    expect(engine.ssc.state).toBe("ACTIVE");
    await engine.clock.advance(1);
    await destroyed;
    expect(engine.ssc.state).toBe("STOPPED");
  });

  test("tells its reason to whoever awaits the termination, and does not throw it itself", async () => {
    const engine = new DrivenContext();
    engine.collect(engine.input([[1]]));
    await engine.ssc.start();
    const reason = new Error("enough");
    await engine.ssc.destroy(reason);
    expect(await caught(engine.ssc.awaitTermination())).toBe(reason);
  });

  test("asked for twice is one end, which both wait for", async () => {
    const engine = new DrivenContext();
    const { open, opened } = gate();
    class Slow extends ListInput<number> {
      override async stop(): Promise<void> {
        await opened;
        await super.stop();
      }
    }
    const input = new Slow([]);
    engine.ssc.inputStream(input).foreachRDD(() => {});
    await engine.ssc.start();
    let ends = 0;
    const both = [1, 2].map(() => engine.ssc.destroy().then(() => ends++));
    await settle();
    expect(ends).toBe(0);
    open();
    await Promise.all(both);
    expect(input.calls).toEqual(["start", "stop"]);
  });
});
