import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  type BlockEvent,
  type BlockJournal,
  type ReceiverDurability,
  ReceiverTracker,
  volatileDurability,
} from "../../../src/receiver/index.ts";
import { DrivenReceiver, Fixture, isPending, settle } from "./receiver-fixture.ts";

const code = (expected: string) => expect.objectContaining({ code: expected });
const never = () => new Promise<void>(() => {});
const durable = (journal: BlockJournal): ReceiverDurability => ({ ...volatileDurability, journal });
const counted = (length: number) => Array.from({ length }, (_, n) => n);

describe("ReceiverTracker", () => {
  test("records become blocks, blocks belong to batches, batches are forgotten with their blocks", async () => {
    const fixture = new Fixture();
    const { blocks, clock, receiver, tracker } = fixture;
    await tracker.start();
    void receiver.store("a");
    await clock.advance(200);
    await receiver.storeMany(["b", "c"]);
    expect(tracker.hasUnallocatedBlocks).toBe(true);
    expect(await fixture.batch(1000)).toEqual([["a"], ["b", "c"]]);
    expect(tracker.hasUnallocatedBlocks).toBe(false);
    const known = tracker.blocksOf("s0", 1000).map(({ record }) => [record.id, record.recordCount]);
    expect(known).toEqual([
      ["input-s0-0-0", 1],
      ["input-s0-0-1", 2],
    ]);
    await receiver.storeMany(["d"]);
    expect(await fixture.batch(2000)).toEqual([["d"]]);
    await tracker.forget(2000);
    expect(tracker.blocksOf("s0", 1000)).toEqual([]);
    expect([...blocks.kept.keys()]).toEqual(["input-s0-0-2"]);
  });

  test("a batch without blocks, and one that was never allocated, have none", async () => {
    const { tracker } = new Fixture();
    await tracker.start();
    await tracker.allocate(1000);
    expect(tracker.blocksOf("s0", 1000)).toEqual([]);
    expect(tracker.blocksOf("s0", 2000)).toEqual([]);
    expect(tracker.blocksOf("s9", 1000)).toEqual([]);
  });

  test("each stream gets its own blocks", async () => {
    const fixture = new Fixture();
    const other = new DrivenReceiver();
    fixture.register(7, "other", other);
    await fixture.tracker.start();
    await other.storeMany(["other"]);
    await fixture.receiver.storeMany(["mine"]);
    expect(await fixture.batch(1000)).toEqual([["mine"]]);
    expect(await fixture.batch(1000, 7)).toEqual([["other"]]);
    expect(fixture.tracker.receivers.map(({ name }) => name)).toEqual([
      "DrivenReceiver-0",
      "other",
    ]);
  });

  test("no two receivers feed a stream of one uid", () => {
    const fixture = new Fixture();
    const twin = { streamId: 1, streamUid: "s0", name: "twin", receiver: new DrivenReceiver() };
    expect(() => fixture.tracker.register(twin)).toThrow(code("invariant_violated"));
  });

  test("receivers are registered before the start, and started once", async () => {
    const fixture = new Fixture();
    const { tracker } = fixture;
    await tracker.start();
    const refused = code("receivers_started");
    expect(() => fixture.register(1, "late", new DrivenReceiver())).toThrow(refused);
    await expect(tracker.start()).rejects.toThrow(refused);
    await tracker.stop({ timeoutMs: 1000 });
    await expect(tracker.start()).rejects.toThrow(refused);
  });

  test("a stopped tracker does not start", async () => {
    const { receiver, tracker } = new Fixture();
    await tracker.stop({ timeoutMs: 1000 });
    await expect(tracker.start()).rejects.toThrow(code("receivers_started"));
    expect(receiver.calls).toEqual([]);
  });

  test.each([
    [110, 105, 105],
    [100, 105, 100],
    [undefined, 105, 105],
  ])("with maxRate %s a rate of %s becomes %s", async (maxRate, rate, expected) => {
    const fixture = new Fixture({ maxRate, unprocessedRecordsMax: 10_000 });
    const { clock, receiver, tracker } = fixture;
    await tracker.start();
    tracker.updateRate(0, rate);
    for (const ignored of [0, -1, Number.NaN]) tracker.updateRate(0, ignored);
    for (const record of counted(1000)) void receiver.store(record);
    await clock.advance(5000);
    const passed = (await fixture.batch(1000)).flat().length;
    expect(Math.abs(passed - expected * 5)).toBeLessThanOrEqual(expected * 0.2 + 1);
    expect(() => tracker.updateRate(9, 1)).toThrow(code("receiver_unknown"));
  });

  test("before the first estimate the initial rate holds, but never more than maxRate", async () => {
    const passedBySecond = async (options: { maxRate?: number; initialRate?: number }) => {
      const fixture = new Fixture(options);
      await fixture.tracker.start();
      for (const record of counted(500)) void fixture.receiver.store(record);
      await fixture.clock.advance(1000);
      return (await fixture.batch(1000)).flat().length;
    };
    expect(await passedBySecond({ maxRate: 100, initialRate: 10 })).toBeLessThanOrEqual(11);
    expect(await passedBySecond({ maxRate: 10, initialRate: 100 })).toBeLessThanOrEqual(11);
    expect(await passedBySecond({})).toBe(500);
  });

  test("a block that the journal refuses is not acknowledged, not known, and not kept", async () => {
    const { clock, blocks } = new Fixture();
    const receiver = new DrivenReceiver();
    const none = { receiverStarted() {}, receiverError() {}, receiverStopped() {} };
    const journal = {
      append: ({ kind }: BlockEvent) =>
        kind === "block_added" ? Promise.reject(new Error("journal full")) : Promise.resolve(),
    };
    const tracker = new ReceiverTracker({
      clock,
      blocks,
      events: none,
      durability: durable(journal),
    });
    tracker.register({ streamId: 0, streamUid: "s0", name: "receiver", receiver });
    await tracker.start();
    await expect(receiver.storeMany([1])).rejects.toThrow("journal full");
    expect(tracker.hasUnallocatedBlocks).toBe(false);
    expect([...blocks.kept]).toEqual([]);
    expect(tracker.unprocessedRecords).toBe(0);
  });

  test("an allocation that the journal refuses leaves the blocks for the next one", async () => {
    const { clock, blocks } = new Fixture();
    const receiver = new DrivenReceiver();
    const none = { receiverStarted() {}, receiverError() {}, receiverStopped() {} };
    let full = true;
    const journal = {
      append: ({ kind }: BlockEvent) =>
        full && kind === "batch_allocated"
          ? Promise.reject(new Error("journal full"))
          : Promise.resolve(),
    };
    const tracker = new ReceiverTracker({
      clock,
      blocks,
      events: none,
      durability: durable(journal),
    });
    tracker.register({ streamId: 0, streamUid: "s0", name: "receiver", receiver });
    await tracker.start();
    await receiver.storeMany([1]);
    await expect(tracker.allocate(1000)).rejects.toThrow("journal full");
    expect(tracker.hasUnallocatedBlocks).toBe(true);
    full = false;
    await tracker.allocate(1000);
    expect(tracker.blocksOf("s0", 1000)).toHaveLength(1);
  });

  test("a start that the journal refuses is told and tried again", async () => {
    const fixture = new Fixture();
    const receiver = new DrivenReceiver();
    const errors: string[] = [];
    const none = {
      receiverStarted() {},
      receiverError: ({ lastErrorMessage }: { lastErrorMessage: string }) =>
        void errors.push(lastErrorMessage),
      receiverStopped() {},
    };
    let full = true;
    const journal = {
      append: () => (full ? Promise.reject(new Error("journal full")) : Promise.resolve()),
    };
    const { blocks, clock } = fixture;
    const tracker = new ReceiverTracker({
      clock,
      blocks,
      events: none,
      durability: durable(journal),
    });
    tracker.register({ streamId: 0, streamUid: "s0", name: "receiver", receiver });
    await tracker.start();
    expect(receiver.calls).toEqual([]);
    full = false;
    await clock.advance(2000);
    expect(receiver.calls).toEqual(["start"]);
    expect(errors).toHaveLength(1);
  });

  test("a block that cannot be removed is told of and forgotten", async () => {
    const fixture = new Fixture();
    const { blocks, receiver, tracker } = fixture;
    await tracker.start();
    await receiver.storeMany([1]);
    await tracker.allocate(1000);
    blocks.remove = () => Promise.reject(new Error("read-only"));
    await tracker.forget(2000);
    expect(fixture.history).toEqual(["started", "error"]);
    expect(tracker.blocksOf("s0", 1000)).toEqual([]);
  });
});

describe("the bound on unprocessed data", () => {
  test("receivers wait when it is reached, until a batch completes", async () => {
    const fixture = new Fixture({ unprocessedRecordsMax: 10 });
    const { clock, receiver, tracker } = fixture;
    await tracker.start();
    await receiver.storeMany(counted(8));
    const many = receiver.storeMany(counted(5));
    const one = receiver.store("one");
    expect(await isPending(many)).toBe(true);
    await clock.advance(1000);
    await tracker.allocate(1000);
    expect([await isPending(many), await isPending(one)]).toEqual([true, true]);
    tracker.batchCompleted(1000);
    await many;
    await one;
    expect(tracker.unprocessedRecords).toBe(6);
  });

  test("a batch that completes twice, or is forgotten too, gives its share back once", async () => {
    const { receiver, tracker } = new Fixture({ unprocessedRecordsMax: 10 });
    await tracker.start();
    await receiver.storeMany(counted(8));
    await tracker.allocate(1000);
    await receiver.storeMany(counted(2));
    tracker.batchCompleted(1000);
    tracker.batchCompleted(1000);
    await tracker.forget(5000);
    expect(tracker.unprocessedRecords).toBe(2);
  });

  test("a batch that is forgotten before it completed gives its share back", async () => {
    const { receiver, tracker } = new Fixture({ unprocessedRecordsMax: 10 });
    await tracker.start();
    await receiver.storeMany(counted(8));
    await tracker.allocate(1000);
    await tracker.forget(5000);
    expect(tracker.unprocessedRecords).toBe(0);
  });

  test("it is one for all receivers, and a block larger than it passes when nothing is pending", async () => {
    const fixture = new Fixture({ unprocessedRecordsMax: 10 });
    const { receiver, tracker } = fixture;
    const other = new DrivenReceiver();
    fixture.register(1, "other", other);
    await tracker.start();
    await receiver.storeMany(counted(100));
    const second = other.storeMany(counted(1));
    expect(await isPending(second)).toBe(true);
    await tracker.allocate(1000);
    tracker.batchCompleted(1000);
    await second;
  });

  test("blocks of bytes are bounded by their bytes", async () => {
    const { receiver, tracker } = new Fixture({ unprocessedBytesMax: 10 });
    await tracker.start();
    await receiver.storeBuffer(new Uint8Array(8));
    const second = receiver.storeBuffer(new Uint8Array(3));
    expect(await isPending(second)).toBe(true);
    await tracker.allocate(1000);
    tracker.batchCompleted(1000);
    await second;
  });

  test("whatever receivers store: every taken record is in one batch, and memory is bounded", async () => {
    const step = fc.oneof(
      fc.record({ kind: fc.constant("store" as const), count: fc.integer({ min: 1, max: 9 }) }),
      fc.record({ kind: fc.constant("storeMany" as const), count: fc.integer({ min: 1, max: 9 }) }),
      fc.record({ kind: fc.constant("tick" as const) }),
      fc.record({ kind: fc.constant("batch" as const) }),
      fc.record({ kind: fc.constant("restart" as const) }),
      fc.record({ kind: fc.constant("forget" as const) }),
    );
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 30 }), async (steps) => {
        const fixture = new Fixture({ unprocessedRecordsMax: 12, restartDelayMs: 100 });
        const { clock, receiver, tracker } = fixture;
        const taken: number[] = [];
        const seen: unknown[] = [];
        const underway: Promise<unknown>[] = [];
        let record = 0;
        let batchTimeMs = 0;
        const batch = async () => {
          batchTimeMs += 1000;
          seen.push(...(await fixture.batch(batchTimeMs)).flat());
          tracker.batchCompleted(batchTimeMs);
        };
        await tracker.start();
        for (const next of steps) {
          if (next.kind === "store") {
            for (let n = 0; n < next.count; n += 1) {
              const stored = record;
              record += 1;
              const wait = receiver.store(stored);
              const take = () => void taken.push(stored);
              if (wait) underway.push(wait.then(take, () => {}));
              else take();
            }
          } else if (next.kind === "storeMany") {
            const block = counted(next.count).map((n) => record + n);
            record += next.count;
            const stored = receiver.storeMany(block);
            underway.push(
              stored.then(
                () => taken.push(...block),
                () => {},
              ),
            );
            await settle();
          } else if (next.kind === "tick") await clock.advance(200);
          else if (next.kind === "batch") await batch();
          else if (next.kind === "restart") receiver.restart("again");
          else await tracker.forget(batchTimeMs);
          expect(tracker.unprocessedRecords).toBeLessThanOrEqual(12);
        }
        await tracker.stop({ timeoutMs: 10_000 });
        await Promise.all(underway);
        await batch();
        expect(tracker.hasUnallocatedBlocks).toBe(false);
        const byNumber = (a: number, b: number) => a - b;
        expect((seen as number[]).toSorted(byNumber)).toEqual(taken.toSorted(byNumber));
        expect(tracker.unprocessedRecords).toBe(0);
      }),
      { numRuns: 60 },
    );
  });
});

describe("a graceful stop", () => {
  test("makes unallocated blocks of all that was taken, and batches go on afterwards", async () => {
    const fixture = new Fixture();
    const { receiver, tracker } = fixture;
    await tracker.start();
    void receiver.store(1);
    void receiver.store(2);
    await tracker.stop({ timeoutMs: 1000 });
    expect(tracker.hasUnallocatedBlocks).toBe(true);
    expect(await fixture.batch(1000)).toEqual([[1, 2]]);
    tracker.batchCompleted(1000);
    await tracker.forget(2000);
    expect(fixture.blocks.kept.size).toBe(0);
    await tracker.stop({ timeoutMs: 1000 });
  });

  test("names a receiver that ignores it, in bounded time, and still keeps what it took", async () => {
    const fixture = new Fixture();
    const { clock, receiver, tracker } = fixture;
    const obedient = new DrivenReceiver();
    fixture.register(1, "obedient", obedient);
    await tracker.start();
    receiver.stopped = never;
    void receiver.store("kept");
    const stopped = tracker.stop({ timeoutMs: 1000 });
    const refused = stopped.catch((error: unknown) => error);
    await clock.advance(1000);
    expect(await refused).toEqual(code("receiver_not_stopped"));
    await expect(stopped).rejects.toHaveProperty("details.receivers", "DrivenReceiver-0");
    expect(await fixture.batch(1000)).toEqual([["kept"]]);
    expect(fixture.tracker.receivers.map(({ active }) => active)).toEqual([false, false]);
    expect(clock.pendingTimers).toBe(0);
  });

  test("is not held up by a store that hangs", async () => {
    const fixture = new Fixture();
    const { blocks, clock, receiver, tracker } = fixture;
    await tracker.start();
    blocks.gate = never;
    void receiver.store(1);
    const stopped = tracker.stop({ timeoutMs: 1000 });
    const refused = stopped.catch((error: unknown) => error);
    await clock.advance(1000);
    expect(await refused).toEqual(code("receiver_not_stopped"));
    expect(fixture.info?.active).toBe(false);
  });

  test("in the middle of a restart whose onStop hangs, ends in its own time", async () => {
    const fixture = new Fixture();
    const { clock, receiver, tracker } = fixture;
    await tracker.start();
    void receiver.store("kept");
    receiver.stopped = never;
    receiver.restart("again");
    const stopped = tracker.stop({ timeoutMs: 1000 });
    const refused = stopped.catch((error: unknown) => error);
    await clock.advance(500);
    expect(await refused).toEqual(code("receiver_not_stopped"));
    expect(await fixture.batch(1000)).toEqual([["kept"]]);
    await clock.advance(60_000);
    expect(receiver.calls).toEqual(["start", "stop"]);
  });

  test("while the start is being journaled, prevents it", async () => {
    const { blocks, clock } = new Fixture();
    const receiver = new DrivenReceiver();
    const none = { receiverStarted() {}, receiverError() {}, receiverStopped() {} };
    let journaled = () => {};
    const journal = { append: () => new Promise<void>((resolve) => (journaled = resolve)) };
    const tracker = new ReceiverTracker({
      clock,
      blocks,
      events: none,
      durability: durable(journal),
    });
    tracker.register({ streamId: 0, streamUid: "s0", name: "receiver", receiver });
    const started = tracker.start();
    await tracker.stop({ timeoutMs: 1000 });
    journaled();
    await started;
    expect(receiver.calls).toEqual([]);
  });
});
