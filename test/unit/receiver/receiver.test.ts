import { describe, expect, test } from "vitest";
import { Receiver, ReceiverTracker } from "../../../src/receiver/index.ts";
import { DrivenReceiver, Fixture } from "./receiver-fixture.ts";

const code = (expected: string) => expect.objectContaining({ code: expected });

describe("Receiver", () => {
  test("before it belongs to a stream everything says so", () => {
    const receiver = new DrivenReceiver();
    const refused = code("receiver_not_attached");
    expect(() => receiver.store(1)).toThrow(refused);
    expect(() => receiver.storeMany([1])).toThrow(refused);
    expect(() => receiver.storeBuffer(Uint8Array.of(1))).toThrow(refused);
    expect(() => receiver.reportError("x")).toThrow(refused);
    expect(() => receiver.restart("x")).toThrow(refused);
    expect(() => receiver.stop("x")).toThrow(refused);
    for (const name of ["isStarted", "isStopped", "streamId", "signal", "positions"] as const) {
      expect(() => receiver[name]).toThrow(refused);
    }
  });

  test("belongs to one stream only", () => {
    const fixture = new Fixture();
    const { receiver } = fixture;
    expect(() => fixture.register(1, "twice", receiver)).toThrow(code("receiver_attached"));
  });

  test("keeps its blocks at its storage level", async () => {
    class OnDisk extends DrivenReceiver {
      constructor() {
        super({ storageLevel: "DISK_ONLY" });
      }
    }
    const fixture = new Fixture();
    const receiver = new OnDisk();
    fixture.register(1, "OnDisk-1", receiver);
    await fixture.tracker.start();
    await receiver.storeMany([1]);
    await fixture.receiver.storeMany([1]);
    expect([...fixture.blocks.levels]).toEqual([
      ["input-s1-0-0", "DISK_ONLY"],
      ["input-s0-0-0", "MEMORY_AND_DISK"],
    ]);
    expect(() => new Wrong()).toThrow(code("storage_level_unknown"));
  });

  test("before its first start, and after the stop, it is not running", async () => {
    const { receiver, tracker } = new Fixture();
    expect([receiver.streamId, receiver.isStarted, receiver.isStopped]).toEqual([0, false, false]);
    expect(receiver.signal.aborted).toBe(true);
    await expect(receiver.store(1)).rejects.toThrow(code("receiver_not_running"));
    await expect(receiver.storeMany([1])).rejects.toThrow(code("receiver_not_running"));
    await tracker.start();
    expect([receiver.isStarted, receiver.isStopped]).toEqual([true, false]);
    await tracker.stop({ timeoutMs: 1000 });
    expect([receiver.isStarted, receiver.isStopped]).toEqual([false, true]);
    await expect(receiver.store(1)).rejects.toThrow(code("receiver_not_running"));
  });

  test("may store already in onStart, and still in onStop", async () => {
    const fixture = new Fixture();
    const { receiver, tracker } = fixture;
    receiver.started = () => void receiver.store("first");
    receiver.stopped = () => receiver.storeMany(["last"]);
    await tracker.start();
    await tracker.stop({ timeoutMs: 1000 });
    expect(new Set(await fixture.batch(1000))).toEqual(new Set([["first"], ["last"]]));
  });

  test("a receiver may be nothing but a loop in onStart that ends when it is stopped", async () => {
    const fixture = new Fixture({ unprocessedRecordsMax: 3 });
    const { clock, receiver, tracker } = fixture;
    let record = 0;
    receiver.started = async () => {
      for (;;) {
        await receiver.store(record);
        record += 1;
      }
    };
    await tracker.start();
    await clock.advance(200);
    expect(await fixture.batch(1000)).toEqual([[0, 1, 2]]);
    tracker.batchCompleted(1000);
    await clock.advance(200);
    await tracker.stop({ timeoutMs: 1000 });
    expect(await fixture.batch(2000)).toEqual([[3, 4, 5]]);
    expect(fixture.history).toEqual(["started", "stopped"]);
  });

  test("bytes are decoded by the receiver when the block is read", async () => {
    const fixture = new Fixture();
    await fixture.tracker.start();
    await fixture.receiver.storeBuffer(Uint8Array.of(7, 8));
    expect(await fixture.batch(1000)).toEqual([[7, 8]]);
    expect(fixture.tracker.blocksOf("s0", 1000)[0]?.record.recordCount).toBe(0);
  });
});

class Wrong extends Receiver<never> {
  constructor() {
    super({ storageLevel: "SOMEWHERE" as "DISK_ONLY" });
  }
  override onStart(): void {}
  override onStop(): void {}
}

describe("ReceiverTracker options", () => {
  test.each([
    { blockIntervalMs: 0 },
    { blockQueueSize: 0 },
    { blockQueueSize: 1.5 },
    { maxRate: 0 },
    { initialRate: -1 },
    { restartDelayMs: -1 },
    { blockStoreTimeoutMs: Number.NaN },
    { onStopTimeoutMs: 0 },
    { unprocessedRecordsMax: 0 },
    { unprocessedBytesMax: -1 },
  ])("%j is refused", (options) => {
    const { blocks, clock } = new Fixture();
    const none = { receiverStarted() {}, receiverError() {}, receiverStopped() {} };
    const make = () => new ReceiverTracker({ clock, blocks, events: none, options });
    expect(make).toThrow(code("argument_invalid"));
  });
});
