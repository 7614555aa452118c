/** What listeners hear, in which order, with which figures. Batches are at 1000, 2000, ... ms. */
import { describe, expect, test } from "vitest";
import { sleep } from "../../../src/base/index.ts";
import {
  type BatchInfo,
  milliseconds,
  type OutputOperationInfo,
  type ReceiverInfo,
  type StreamingListener,
} from "../../../src/index.ts";
import { CountingReceiver } from "../context/counting-receiver.ts";
import { DrivenContext, settle } from "../context/driven-context.ts";

/** The infos that a listener gets of one event. */
function heard<Info>(engine: DrivenContext, event: keyof StreamingListener): Info[] {
  const infos: Info[] = [];
  engine.ssc.addStreamingListener({ [event]: (info: Info) => void infos.push(info) });
  return infos;
}

describe("a listener", () => {
  test("hears of each batch in order: submitted, started, its outputs, completed", async () => {
    const engine = new DrivenContext();
    const stream = engine.input([[1], [2]]);
    stream.foreachRDD(() => {});
    stream.foreachRDD(() => {});
    const events = engine.listen((event, info: { batchTime?: number; id?: number }) =>
      [event, info.batchTime, info.id].filter((part) => part !== undefined).join(" "),
    );
    await engine.ssc.start();
    await engine.batches(2);
    await engine.ssc.stop();
    await engine.batches(2);
    const batch = (timeMs: number) => [
      `onBatchSubmitted ${timeMs}`,
      `onBatchStarted ${timeMs}`,
      `onOutputOperationStarted ${timeMs} 0`,
      `onOutputOperationCompleted ${timeMs} 0`,
      `onOutputOperationStarted ${timeMs} 1`,
      `onOutputOperationCompleted ${timeMs} 1`,
      `onBatchCompleted ${timeMs}`,
    ];
    expect(events).toEqual([
      "onStreamingStarted",
      ...batch(1000),
      ...batch(2000),
      "onStreamingStopped",
    ]);
  });

  test("hears of a batch without jobs like of any other", async () => {
    await using engine = new DrivenContext();
    engine.input<number>([null]).foreachRDD(() => {});
    const events = engine.listen((event) => event);
    await engine.ssc.start();
    await engine.batches(1);
    expect(events.slice(1)).toEqual(["onBatchSubmitted", "onBatchStarted", "onBatchCompleted"]);
  });

  test("hears the delays of batches that wait for each other", async () => {
    await using engine = new DrivenContext();
    engine.input([[1, 2], [3], []]).foreachRDD(async (_dataset, timeMs) => {
      await sleep(engine.clock, timeMs === 1000 ? 1500 : 200);
    });
    const infos = heard<BatchInfo>(engine, "onBatchCompleted");
    await engine.ssc.start();
    await engine.clock.advanceWithoutWaiting(3500);
    await settle();
    expect(
      infos.map((info) => [
        info.batchTime,
        info.submissionTime,
        info.processingStartTime,
        info.processingEndTime,
        info.schedulingDelay,
        info.processingDelay,
        info.totalDelay,
        info.numRecords,
      ]),
    ).toEqual([
      [1000, 1000, 1000, 2500, 0, 1500, 1500, 2],
      [2000, 2000, 2500, 2700, 500, 200, 700, 1],
      [3000, 3000, 3000, 3200, 0, 200, 200, 0],
    ]);
  });

  test("hears what is known at the time, and undefined for what is not yet", async () => {
    await using engine = new DrivenContext();
    engine.input([[1]]).foreachRDD(() => sleep(engine.clock, 300));
    const submitted = heard<BatchInfo>(engine, "onBatchSubmitted");
    const started = heard<BatchInfo>(engine, "onBatchStarted");
    await engine.ssc.start();
    await engine.clock.advanceWithoutWaiting(2000);
    expect(submitted[0]).toMatchObject({
      batchTime: 1000,
      submissionTime: 1000,
      processingStartTime: undefined,
      processingEndTime: undefined,
      schedulingDelay: undefined,
      processingDelay: undefined,
      totalDelay: undefined,
      failureReason: undefined,
    });
    expect(started[0]).toMatchObject({
      processingStartTime: 1000,
      schedulingDelay: 0,
      processingDelay: undefined,
      totalDelay: undefined,
    });
  });

  test("hears of the inputs of a batch, by stream", async () => {
    await using engine = new DrivenContext();
    engine
      .input([[1, 2]])
      .union(engine.input([[3]]))
      .foreachRDD(() => {});
    const infos = heard<BatchInfo>(engine, "onBatchSubmitted");
    await engine.ssc.start();
    await engine.batches(1);
    expect([...(infos[0]?.streamIdToInputInfo ?? [])]).toEqual([
      [0, { streamId: 0, name: "list stream [0]", recordCount: 2, metadata: {} }],
      [1, { streamId: 1, name: "list stream [1]", recordCount: 1, metadata: {} }],
    ]);
  });

  test("hears of outputs with their times, attempts, names and reasons of failure", async () => {
    await using engine = new DrivenContext({ attempts: 2 });
    const stream = engine.input([[1]]);
    stream.foreachRDD(() => sleep(engine.clock, 250)).uid("slow");
    stream
      .foreachRDD(() => {
        throw new Error("no luck");
      })
      .uid("broken");
    const started = heard<OutputOperationInfo>(engine, "onOutputOperationStarted");
    const completed = heard<OutputOperationInfo>(engine, "onOutputOperationCompleted");
    const batches = heard<BatchInfo>(engine, "onBatchCompleted");
    await engine.ssc.start();
    await engine.clock.advanceWithoutWaiting(1500);
    await settle();
    expect(started[0]).toMatchObject({
      id: 0,
      uid: "slow",
      startTime: 1000,
      endTime: undefined,
      duration: undefined,
      failureReason: undefined,
    });
    expect(completed[0]).toMatchObject({
      batchTime: 1000,
      id: 0,
      uid: "slow",
      startTime: 1000,
      endTime: 1250,
      duration: 250,
      attempts: 1,
      failureReason: undefined,
    });
    expect(completed[1]).toMatchObject({ id: 1, uid: "broken", startTime: 1250, attempts: 2 });
    expect(completed[1]?.failureReason).toContain("no luck");
    // Where in the program it was declared.
    expect(completed[0]?.name).toMatch(/^foreachRDD at .*listeners\.test\.ts/);
    expect(completed[0]?.description).toContain("listeners.test.ts");
    const outputs = [...(batches[0]?.outputOperationInfos.values() ?? [])];
    expect(outputs).toEqual(completed);
    expect(batches[0]?.failureReason).toBeUndefined();
  });

  test("hears the failure of a state that no output asked for", async () => {
    await using engine = new DrivenContext({ attempts: 1 });
    engine
      .input([[["a", 1] as [string, number]]])
      .updateStateByKey(() => {
        throw new Error("no luck");
      })
      .foreachRDD(() => {});
    const batches = heard<BatchInfo>(engine, "onBatchCompleted");
    await engine.ssc.start();
    await engine.batches(1);
    expect(batches[0]?.failureReason).toContain("no luck");
    expect([...(batches[0]?.outputOperationInfos.values() ?? [])]).toMatchObject([
      { failureReason: undefined },
    ]);
  });

  test("hears of receivers: started, errors, stopped", async () => {
    const engine = new DrivenContext({ blockInterval: milliseconds(100) });
    const receiver = new CountingReceiver(engine.clock, 50);
    engine.collect(engine.ssc.receiverStream(receiver));
    const started = heard<ReceiverInfo>(engine, "onReceiverStarted");
    const errors = heard<ReceiverInfo>(engine, "onReceiverError");
    const stopped = heard<ReceiverInfo>(engine, "onReceiverStopped");
    const batches = heard<BatchInfo>(engine, "onBatchCompleted");
    await engine.ssc.start();
    expect(started).toEqual([
      {
        streamId: 0,
        name: "CountingReceiver-0",
        active: true,
        location: "localhost",
        executorId: "driver",
        lastErrorMessage: "",
        lastError: "",
        lastErrorTime: -1,
      },
    ]);
    await engine.clock.advance(1500);
    receiver.reportError("a bad line", new Error("no luck"));
    expect(errors[0]).toMatchObject({ lastErrorMessage: "a bad line", lastErrorTime: 1500 });
    expect(errors[0]?.lastError).toContain("no luck");
    await engine.ssc.stop();
    expect(stopped).toHaveLength(1);
    expect(stopped[0]).toMatchObject({ streamId: 0, active: false });
    receiver.reportError("too late");
    expect(errors).toHaveLength(1);
    const counts = batches.map(({ numRecords }) => numRecords);
    expect(counts.reduce((a, b) => a + b, 0)).toBe(receiver.taken.length);
  });

  test("that throws or rejects changes nothing, and is told in the log", async () => {
    await using engine = new DrivenContext();
    const result = engine.collect(engine.input([[1], [2]]));
    engine.ssc.addStreamingListener({
      onBatchSubmitted: () => {
        throw new Error("no luck");
      },
      onBatchCompleted: () => Promise.reject(new Error("no luck either")) as never,
    });
    const events = engine.listen((event) => event);
    await engine.ssc.start();
    await engine.batches(2);
    expect([...result.keys()]).toEqual([1000, 2000]);
    expect(events.filter((event) => event === "onBatchCompleted")).toHaveLength(2);
    expect(engine.log.filter((line) => line.includes("listener failed"))).toHaveLength(4);
    await engine.ssc.stop();
    await engine.ssc.awaitTermination();
  });

  test("that is a class keeps its this", async () => {
    await using engine = new DrivenContext();
    engine.collect(engine.input([[1]]));
    class Counter implements StreamingListener {
      batches = 0;
      onBatchCompleted(): void {
        this.batches += 1;
      }
    }
    const counter = new Counter();
    engine.ssc.addStreamingListener(counter);
    await engine.ssc.start();
    await engine.batches(1);
    expect(counter.batches).toBe(1);
  });

  test("that is removed hears nothing more", async () => {
    await using engine = new DrivenContext();
    engine.collect(engine.input([[1], [2]]));
    const times: number[] = [];
    const listener: StreamingListener = {
      onBatchCompleted: ({ batchTime }) => {
        times.push(batchTime);
        engine.ssc.removeStreamingListener(listener);
      },
    };
    engine.ssc.addStreamingListener(listener);
    await engine.ssc.start();
    await engine.batches(2);
    expect(times).toEqual([1000]);
  });

  test("hears of the end with what failed", async () => {
    const engine = new DrivenContext({ attempts: 1, onFailure: "stop" });
    engine.input([[1]]).foreachRDD(() => {
      throw new Error("no luck");
    });
    const ends = heard<{ time: number; error: unknown }>(engine, "onStreamingStopped");
    await engine.ssc.start();
    await engine.batches(1);
    expect(ends).toMatchObject([{ time: 1000, error: { code: "batch_failed" } }]);
  });
});
