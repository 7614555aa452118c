/** What a program hears when a source has ended, and what a graceful stop makes of it then. */
import { Readable } from "node:stream";
import { expect, test } from "vitest";
import { silentLogger } from "../../../src/base/index.ts";
import { type DStream, StreamingContext, seconds } from "../../../src/index.ts";
import { ManualClock } from "../../../src/testing/index.ts";

/** Runs a stream until its source ends, which stops the context; all records that came out. */
async function runToTheEnd(
  open: (ssc: StreamingContext, onEnd: () => Promise<void>) => DStream<unknown>,
): Promise<unknown[]> {
  const ssc = new StreamingContext({ batchInterval: seconds(1), clock: new ManualClock() });
  const records: unknown[] = [];
  let ends = 0;
  open(ssc, () => {
    ends += 1;
    return ssc.stop();
  }).foreachRDD(async (dataset) => void records.push(...(await dataset.collect())));
  await ssc.start();
  await ssc.awaitTermination();
  expect(ends).toBe(1);
  return records;
}

test("a stop at the end of an iterable has all its records processed", async () => {
  const numbers = Array.from({ length: 1000 }, (_, index) => index);
  expect(await runToTheEnd((ssc, onEnd) => ssc.iterableStream(numbers, { onEnd }))).toEqual(
    numbers,
  );
});

test("a stop at the end of a Readable has its last line processed, though no newline ends it", async () => {
  const text = Readable.from(["first\nsec", "ond\nlast"]);
  const lines = await runToTheEnd((ssc, onEnd) =>
    ssc.readableStream(text, { onEnd }).map((line): unknown => line),
  );
  expect(lines).toEqual(["first", "second", "last"]);
});

test("a stop at the end of a resumable source has all its records processed", async () => {
  const open = (from: number) =>
    ["a", "b", "c"].map((record, position) => ({ record, position })).slice(from);
  const records = await runToTheEnd((ssc, onEnd) =>
    ssc.resumableStream({ open }, { onEnd }).map((record): unknown => record),
  );
  expect(records).toEqual(["a", "b", "c"]);
});

test("what onEnd throws is told to listeners and stops nothing", async () => {
  const clock = new ManualClock();
  const ssc = new StreamingContext({ batchInterval: seconds(1), clock, logger: silentLogger });
  const errors: string[] = [];
  const failing = () => {
    throw new Error("no end");
  };
  ssc.iterableStream([1], { onEnd: failing }).foreachRDD(() => {});
  const reported = new Promise<void>((resolve) => {
    ssc.addStreamingListener({
      onReceiverError: ({ lastError }) => {
        errors.push(lastError);
        resolve();
      },
    });
  });
  await ssc.start();
  await reported;
  expect(errors).toEqual([expect.stringContaining("no end")]);
  expect(ssc.state).toBe("ACTIVE");
  await ssc.stop();
});
