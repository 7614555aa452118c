import { describe, expect, test } from "vitest";
import { Fixture, isPending, settle } from "./receiver-fixture.ts";

const code = (expected: string) => expect.objectContaining({ code: expected });
const never = () => new Promise<void>(() => {});

describe("the life of a receiver", () => {
  test("is told when it starts and stops", async () => {
    const fixture = new Fixture();
    expect(fixture.info).toEqual({
      streamId: 0,
      name: "DrivenReceiver-0",
      active: false,
      location: "localhost",
      executorId: "driver",
      lastErrorMessage: "",
      lastError: "",
      lastErrorTime: -1,
    });
    await fixture.tracker.start();
    expect(fixture.info?.active).toBe(true);
    await fixture.tracker.stop({ timeoutMs: 1000 });
    expect(fixture.info?.active).toBe(false);
    expect(fixture.told.map(([what, { active }]) => [what, active])).toEqual([
      ["started", true],
      ["stopped", false],
    ]);
    expect(fixture.receiver.calls).toEqual(["start", "stop"]);
    expect(fixture.clock.pendingTimers).toBe(0);
  });

  test("restart stops, waits 2 s, and starts again", async () => {
    const fixture = new Fixture();
    const { clock, receiver, tracker } = fixture;
    await tracker.start();
    receiver.restart("connection lost", { error: new Error("reset") });
    expect([receiver.isStarted, receiver.isStopped]).toEqual([false, true]);
    await clock.advance(1999);
    expect(receiver.calls).toEqual(["start", "stop"]);
    await clock.advance(1);
    expect(receiver.calls).toEqual(["start", "stop", "start"]);
    expect(receiver.isStarted).toBe(true);
    expect(fixture.history).toEqual(["started", "stopped", "started"]);
    const stopped = fixture.told[1]?.[1];
    expect(stopped?.lastErrorMessage).toBe("connection lost");
    expect(stopped?.lastError).toContain("reset");
    expect(stopped?.lastErrorTime).toBe(1_000_000);
  });

  test("a receiver that was told to stop does not end with an error that it had come over", async () => {
    const fixture = new Fixture();
    const { clock, receiver, tracker } = fixture;
    await tracker.start();
    receiver.restart("connection lost", { error: new Error("reset") });
    await clock.advance(2000);
    await tracker.stop({ timeoutMs: 1000 });
    expect(fixture.history).toEqual(["started", "stopped", "started", "stopped"]);
    expect(fixture.told.at(-1)?.[1]).toMatchObject({ lastErrorMessage: "", lastErrorTime: -1 });
  });

  test("an error made of several tells each of them", async () => {
    const fixture = new Fixture();
    await fixture.tracker.start();
    const refused = new AggregateError([new Error("::1 refused"), "127.0.0.1 refused"], "");
    fixture.receiver.reportError("no connection", refused);
    expect(fixture.info?.lastError).toContain("::1 refused");
    expect(fixture.info?.lastError).toContain("127.0.0.1 refused");
  });

  test("a restart may say its own delay", async () => {
    const { clock, receiver, tracker } = new Fixture();
    await tracker.start();
    receiver.restart("soon", { delayMs: 10 });
    await clock.advance(10);
    expect(receiver.calls).toEqual(["start", "stop", "start"]);
  });

  test("restarts that come while it restarts change nothing, but their errors are told", async () => {
    const fixture = new Fixture();
    const { clock, receiver, tracker } = fixture;
    await tracker.start();
    receiver.restart("first");
    receiver.restart("connection closed");
    receiver.restart("second", { error: new Error("reset") });
    await clock.advance(5000);
    expect(receiver.calls).toEqual(["start", "stop", "start"]);
    expect(fixture.history).toEqual(["started", "error", "stopped", "started"]);
  });

  test("a receiver that stops itself is started again as long as the tracker runs", async () => {
    const { clock, receiver, tracker } = new Fixture();
    await tracker.start();
    receiver.stop("done");
    await clock.advance(2000);
    receiver.stop("done again");
    await clock.advance(1000);
    await tracker.stop({ timeoutMs: 1000 });
    await clock.advance(60_000);
    expect(receiver.calls).toEqual(["start", "stop", "start", "stop"]);
  });

  test.each([
    [
      "throws",
      () => {
        throw new Error("no route");
      },
    ],
    ["rejects", () => Promise.reject(new Error("no route"))],
  ])("when onStart %s it restarts", async (_, started) => {
    const fixture = new Fixture();
    const { clock, receiver, tracker } = fixture;
    receiver.started = started;
    await tracker.start();
    await settle();
    receiver.started = () => {};
    await clock.advance(2000);
    expect(receiver.calls).toEqual(["start", "stop", "start"]);
    expect(fixture.told[1]?.[1].lastErrorMessage).toBe("onStart failed");
    expect(fixture.told[1]?.[1].lastError).toContain("no route");
  });

  test("what onStart rejects with after the end is told, unless it is the refusal of a store", async () => {
    const fixture = new Fixture();
    const { receiver, tracker } = fixture;
    let fail: (reason: Error) => void = () => {};
    receiver.started = () => new Promise((_, reject) => (fail = reject));
    await tracker.start();
    await tracker.stop({ timeoutMs: 1000 });
    fail(new Error("late"));
    await settle();
    expect(fixture.history).toEqual(["started", "stopped", "error"]);
    expect(fixture.info?.lastError).toContain("late");
  });

  test("what onStart of an earlier start rejects with does not end the present one", async () => {
    const fixture = new Fixture();
    const { clock, receiver, tracker } = fixture;
    let fail: (reason: Error) => void = () => {};
    receiver.started = () => new Promise((_, reject) => (fail = reject));
    await tracker.start();
    receiver.started = () => {};
    receiver.restart("again");
    await clock.advance(2000);
    fail(new Error("late"));
    await settle();
    expect(receiver.isStarted).toBe(true);
    expect(fixture.history).toEqual(["started", "stopped", "started", "error"]);
  });

  test("errors are told and kept at any time, also before the start", async () => {
    const fixture = new Fixture();
    const { receiver, tracker } = fixture;
    receiver.reportError("bad option", "text");
    await tracker.start();
    expect(fixture.history).toEqual(["error", "started"]);
    expect(fixture.info).toMatchObject({
      active: true,
      lastErrorMessage: "bad option",
      lastError: "text",
      lastErrorTime: 1_000_000,
    });
    receiver.reportError("malformed line");
    expect(fixture.info).toMatchObject({ lastErrorMessage: "malformed line", lastError: "" });
    expect(receiver.isStarted).toBe(true);
  });

  test("an error of onStop is told and stops nothing", async () => {
    const fixture = new Fixture();
    fixture.receiver.stopped = () => Promise.reject(new Error("cannot close"));
    await fixture.tracker.start();
    await fixture.tracker.stop({ timeoutMs: 1000 });
    expect(fixture.history).toEqual(["started", "error", "stopped"]);
  });

  test("each start has a signal of its own, which aborts before onStop", async () => {
    const { clock, receiver, tracker } = new Fixture();
    const aborted: (boolean | undefined)[] = [];
    receiver.stopped = () => void aborted.push(receiver.signals.at(-1)?.aborted);
    await tracker.start();
    receiver.restart("again");
    expect(receiver.signals[0]?.aborted).toBe(true);
    await clock.advance(2000);
    expect(receiver.signals[1]?.aborted).toBe(false);
    await tracker.stop({ timeoutMs: 1000 });
    expect(aborted).toEqual([true, true]);
    expect(receiver.signals).toHaveLength(2);
  });

  test("stores that wait when the receiver restarts are refused; what was taken is kept", async () => {
    const fixture = new Fixture({ unprocessedRecordsMax: 2 });
    const { clock, receiver, tracker } = fixture;
    await tracker.start();
    void receiver.store(1);
    void receiver.store(2);
    const waiting = [receiver.store(3), receiver.storeMany([4])];
    receiver.restart("again");
    for (const store of waiting) await expect(store).rejects.toThrow(code("receiver_stopping"));
    await clock.advance(2000);
    expect(await fixture.batch(1000)).toEqual([[1, 2]]);
    tracker.batchCompleted(1000);
    void receiver.store(5);
    await clock.advance(200);
    expect(await fixture.batch(2000)).toEqual([[5]]);
    const starts = [1000, 2000].map(
      (timeMs) => tracker.blocksOf("s0", timeMs)[0]?.record.receiverStart,
    );
    expect(starts).toEqual([1, 2]);
  });

  test("positions are known before onStart and outlive a restart", async () => {
    const { clock, receiver, tracker } = new Fixture();
    const known: unknown[] = [];
    receiver.started = () => void known.push([...receiver.positions]);
    await tracker.start();
    await receiver.storeMany(["a", "b"], { position: { partition: "p", from: 4, until: 6 } });
    receiver.restart("again");
    await clock.advance(2000);
    expect(known).toEqual([[], [["p", 6]]]);
    const gap = receiver.storeMany(["d"], { position: { partition: "p", from: 7, until: 8 } });
    await expect(gap).rejects.toThrow(code("position_gap"));
  });

  test("a block that cannot be stored is told, the receiver restarts, and later blocks flow", async () => {
    const fixture = new Fixture();
    const { blocks, clock, receiver, tracker } = fixture;
    await tracker.start();
    blocks.gate = () => Promise.reject(new Error("disk full"));
    void receiver.store(1);
    await clock.advance(200);
    blocks.gate = () => Promise.resolve();
    expect(fixture.history).toEqual(["started", "error", "stopped"]);
    expect(fixture.told[1]?.[1].lastErrorMessage).toContain("disk full");
    await clock.advance(2000);
    void receiver.store(2);
    await clock.advance(200);
    expect(await fixture.batch(1000)).toEqual([[2]]);
    expect(tracker.unprocessedRecords).toBe(1);
  });

  test("a block that is not stored in time is refused and removed when it arrives late", async () => {
    const { blocks, clock, receiver, tracker } = new Fixture({ blockStoreTimeoutMs: 500 });
    await tracker.start();
    let arrive = () => {};
    blocks.gate = () => new Promise((resolve) => (arrive = resolve));
    const stored = receiver.storeMany([1]);
    const refused = stored.catch((error: unknown) => error);
    await clock.advance(500);
    expect(await refused).toEqual(code("block_store_timeout"));
    arrive();
    await settle();
    expect([...blocks.kept]).toEqual([]);
    expect(tracker.hasUnallocatedBlocks).toBe(false);
    expect(tracker.unprocessedRecords).toBe(0);
  });

  test("a restart does not wait for ever for onStop", async () => {
    const fixture = new Fixture();
    const { clock, receiver, tracker } = fixture;
    await tracker.start();
    receiver.stopped = never;
    receiver.restart("again");
    await clock.advance(10_000);
    expect(fixture.history).toEqual(["started", "error", "stopped"]);
    await clock.advance(2000);
    expect(receiver.calls).toEqual(["start", "stop", "start"]);
  });

  test("destroying ends it at once, without waiting for onStop, and drops what is not stored", async () => {
    const fixture = new Fixture({ unprocessedRecordsMax: 2 });
    const { clock, receiver, tracker } = fixture;
    await tracker.start();
    receiver.stopped = never;
    void receiver.store(1);
    void receiver.store(2);
    const waiting = receiver.store(3);
    tracker.destroy(new Error("enough"));
    tracker.destroy(new Error("again"));
    await expect(waiting).rejects.toThrow("enough");
    expect(receiver.calls).toEqual(["start", "stop"]);
    expect(fixture.history).toEqual(["started", "stopped"]);
    await clock.advance(60_000);
    expect(tracker.hasUnallocatedBlocks).toBe(false);
    expect(receiver.calls).toEqual(["start", "stop"]);
    expect(clock.pendingTimers).toBe(0);
    await tracker.stop({ timeoutMs: 1000 });
  });

  test("destroying between two starts prevents the next one", async () => {
    const { clock, receiver, tracker } = new Fixture();
    await tracker.start();
    receiver.restart("again");
    await clock.advance(1000);
    tracker.destroy(new Error("enough"));
    await clock.advance(60_000);
    expect(receiver.calls).toEqual(["start", "stop"]);
  });

  test("destroying while onStop hangs leaves no timer behind", async () => {
    const fixture = new Fixture();
    const { clock, receiver, tracker } = fixture;
    await tracker.start();
    receiver.stopped = never;
    receiver.restart("again");
    await settle();
    tracker.destroy(new Error("enough"));
    await clock.advance(0);
    expect(clock.pendingTimers).toBe(0);
    expect(fixture.history).toEqual(["started", "stopped"]);
    expect(await isPending(tracker.stop({ timeoutMs: 1000 }))).toBe(false);
  });
});
