/** Receivers slow down when batches take longer than their interval. */
import { describe, expect, test } from "vitest";
import { sleep } from "../../../src/base/index.ts";
import { milliseconds, type StreamingContextOptions } from "../../../src/index.ts";
import { Backpressure, type BatchInfo } from "../../../src/scheduler/index.ts";
import { CountingReceiver } from "../context/counting-receiver.ts";
import { DrivenContext } from "../context/driven-context.ts";

describe("a receiver of 200 records per second before batches of 100 per second", () => {
  /** The records of each batch. */
  async function counts(
    backpressure: NonNullable<StreamingContextOptions["backpressure"]>,
  ): Promise<number[]> {
    await using engine = new DrivenContext({ blockInterval: milliseconds(200), backpressure });
    const receiver = new CountingReceiver(engine.clock, 5);
    const records: number[] = [];
    engine.ssc.receiverStream(receiver).foreachRDD(async (dataset) => {
      const count = await dataset.count();
      records.push(count);
      await sleep(engine.clock, count * 10);
    });
    await engine.ssc.start();
    await engine.clock.advanceWithoutWaiting(30_000);
    return records;
  }

  test("goes on as fast when there is no backpressure", async () => {
    const records = await counts(false);
    expect(Math.min(...records.slice(1))).toBeGreaterThan(190);
  });

  test("is held to what the batches can do", async () => {
    const records = await counts({ minRate: 10 });
    expect(records[0]).toBeGreaterThan(150);
    const late = records.slice(-5);
    expect(Math.max(...late)).toBeLessThanOrEqual(130);
  });

  test("is not held below minRate", async () => {
    const records = await counts({ minRate: 150 });
    expect(Math.min(...records.slice(1))).toBeGreaterThanOrEqual(120);
  });

  test("begins with initialRate", async () => {
    const records = await counts({ minRate: 10, initialRate: 50 });
    expect(records[0]).toBeLessThanOrEqual(52);
  });
});

describe("backpressure", () => {
  const info = (records: ReadonlyMap<number, number>, processingDelay?: number): BatchInfo =>
    ({
      batchTime: 1000,
      processingEndTime: processingDelay === undefined ? undefined : 1000 + processingDelay,
      processingDelay,
      schedulingDelay: 7,
      streamIdToInputInfo: new Map(
        [...records].map(([streamId, recordCount]) => [streamId, { streamId, recordCount }]),
      ),
    }) as unknown as BatchInfo;

  test("asks an estimator of its own for each stream that has a receiver", () => {
    const asked: unknown[] = [];
    const rates: [number, number][] = [];
    let made = 0;
    const backpressure = new Backpressure(
      () => {
        const estimator = made++;
        return {
          estimate: (batch) => {
            asked.push([estimator, batch.recordCount, batch.processingMs, batch.schedulingMs]);
            return batch.recordCount === 0 ? undefined : batch.recordCount * 2;
          },
        };
      },
      () => [3, 5],
      (streamId, rate) => void rates.push([streamId, rate]),
    );
    backpressure.batchCompleted(info(new Map([[3, 10]]), 400));
    backpressure.batchCompleted(
      info(
        new Map([
          [3, 20],
          [5, 30],
          [8, 40],
        ]),
        500,
      ),
    );
    // The first one was made to check the options.
    expect(asked).toEqual([
      [1, 10, 400, 7],
      [2, 0, 400, 7],
      [1, 20, 500, 7],
      [2, 30, 500, 7],
    ]);
    expect(rates).toEqual([
      [3, 20],
      [3, 40],
      [5, 60],
    ]);
  });

  test("learns nothing from a batch that was not processed", () => {
    const backpressure = new Backpressure(
      () => ({
        estimate: () => {
          throw new Error("asked");
        },
      }),
      () => [3],
      () => {},
    );
    backpressure.batchCompleted(info(new Map([[3, 10]])));
  });
});
