/** Receivers of a program run in its executors, through the deaths of executors and of the driver. */
import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { silentLogger } from "../../../src/base/index.ts";
import { Receiver, StreamingContext, seconds } from "../../../src/index.ts";
import { ManualClock } from "../../../src/testing/index.ts";
import { executorsRun, inProcess, latestExecutors } from "../../support/in-process-master.ts";

let directory: string;
/** In the order in which they were started. */
let starts: Numbers[];

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "millrace-hosted-"));
  starts = [];
});

afterEach(() => {
  rmSync(directory, { recursive: true });
});

/** Gives the numbers from its durable position on. */
class Numbers extends Receiver<number> {
  override onStart(): void {
    starts.push(this);
  }

  override onStop(): void {}

  async give(count: number): Promise<void> {
    const from = this.positions.get("numbers") ?? 0;
    const records = Array.from({ length: count }, (_, n) => from + n);
    const position = { partition: "numbers", from, until: from + count };
    await this.storeMany(records, { position });
  }
}

const clock = new ManualClock(1_700_000_000_000);
/** The receiver that was started as the n-th, once it was: its executor opens a log before. */
const started = async (n: number): Promise<Numbers> => {
  for (;;) {
    const receiver = starts[n - 1];
    if (receiver !== undefined) return receiver;
    await new Promise((resolve) => setImmediate(resolve));
  }
};
const settled = async (): Promise<void> => {
  for (let n = 0; n < 20; n++) await new Promise((resolve) => setImmediate(resolve));
};

test("a record counts once, whoever dies, and the log of an executor is read by the next life", async () => {
  const totals: number[][] = [];
  const create = (): StreamingContext => {
    const ssc = new StreamingContext({
      appName: "hosted",
      clock,
      master: inProcess(2),
      batchInterval: seconds(1),
      logger: silentLogger,
      attempts: 1,
    });
    ssc
      .receiverStream(new Numbers())
      .uid("numbers")
      .map((n): [string, number] => ["sum", n])
      .updateStateByKey((values, sum: number | undefined) =>
        values.reduce((all, n) => all + n, sum ?? 0),
      )
      .uid("sums")
      .foreachRDD(async (dataset) => {
        totals.push((await dataset.collect()).map(([, sum]) => sum));
      })
      .uid("output");
    return ssc;
  };
  const open = () => StreamingContext.getOrCreate(directory, create);
  const begun = async (): Promise<StreamingContext> => {
    executorsRun(async () => (await open()).start());
    const ssc = await open();
    await ssc.start();
    await settled();
    return ssc;
  };
  let expected = 0;
  let given = 0;
  const give = async (count: number, receiver: Numbers): Promise<void> => {
    await receiver.give(count);
    for (let n = 0; n < count; n++) expected += given++;
  };

  const first = await begun();
  const one = await started(1);
  await give(5, one);
  await clock.advance(1000);
  expect(totals.at(-1)).toEqual([expected]);
  expect(readdirSync(join(directory, "blocks"))).toEqual(["0000000001-executor-0-0000000000"]);
  await give(4, one);
  latestExecutors().kill("executor-0");
  const two = await started(2);
  await give(3, two);
  await clock.advance(1000);
  await settled();
  expect(totals.at(-1)).toEqual([expected]);
  expect(readdirSync(join(directory, "blocks"))).toContain("0000000001-executor-1-0000000000");
  await give(2, two);
  await first.destroy();

  const second = await begun();
  const three = await started(3);
  expect([...three.positions]).toEqual([["numbers", given]]);
  await clock.advance(1000);
  await settled();
  expect(totals.at(-1)).toEqual([expected]);
  await give(6, three);
  await second.stop();
  expect(totals.at(-1)).toEqual([expected]);
});

test("a receiver of an iterable that is given as it is stays with the driver", async () => {
  const seen: number[] = [];
  const create = (): StreamingContext => {
    const ssc = new StreamingContext({
      clock,
      master: inProcess(1),
      batchInterval: seconds(1),
      logger: silentLogger,
    });
    ssc.iterableStream([1, 2, 3]).foreachRDD(async (dataset) => {
      seen.push(...(await dataset.collect()));
    });
    return ssc;
  };
  executorsRun(() => create().start());
  const ssc = create();
  await ssc.start();
  await settled();
  await clock.advance(1000);
  await ssc.stop();
  expect(seen).toEqual([1, 2, 3]);
});

test("more receivers than the executors have room for are refused at the start", async () => {
  const create = (): StreamingContext => {
    const ssc = new StreamingContext({
      clock,
      master: inProcess(1),
      batchInterval: seconds(1),
      logger: silentLogger,
    });
    for (let n = 0; n < 5; n++) ssc.receiverStream(new Numbers()).foreachRDD(() => {});
    return ssc;
  };
  executorsRun(() => create().start());
  await expect(create().start()).rejects.toMatchObject({
    code: "receivers_too_many",
    details: { receivers: 5, executors: 1, receiversPerExecutor: 4 },
  });
});
