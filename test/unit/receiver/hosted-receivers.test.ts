import { describe, expect, test } from "vitest";
import { volatileDurability } from "../../../src/receiver/index.ts";
import { choosePlace } from "../../../src/receiver/receiver-placement.ts";
import { HostingFixture } from "./hosting-fixture.ts";
import { MemoryJournal, MemoryLog } from "./memory-log.ts";
import { isPending, settle } from "./receiver-fixture.ts";

const code = (expected: string) => expect.objectContaining({ code: expected });

describe("receivers in executors", () => {
  test("they are spread, each to the executor that has the fewest", async () => {
    const fixture = new HostingFixture({ receivers: 4 });
    await fixture.start();
    await settle();
    expect(fixture.hosts).toEqual(["executor-0", "executor-1", "executor-0", "executor-1"]);
  });

  test("one that prefers an executor goes there", async () => {
    const fixture = new HostingFixture({ receivers: 2, preferred: ["executor-1", "executor-1"] });
    await fixture.start();
    await settle();
    expect(fixture.hosts).toEqual(["executor-1", "executor-1"]);
  });

  test("more of them than there is room for are refused at the start", async () => {
    const fixture = new HostingFixture({ receivers: 3, executors: 1, receiversPerExecutor: 2 });
    await expect(fixture.start()).rejects.toMatchObject({
      code: "receivers_too_many",
      details: { receivers: 3, executors: 1, receiversPerExecutor: 2 },
    });
  });

  test("records become blocks that stay in the executor, and are read from there", async () => {
    const fixture = new HostingFixture();
    await fixture.start();
    await settle();
    const receiver = fixture.receiver();
    void receiver.store("a");
    await settle();
    await fixture.clock.advance(200);
    await receiver.storeMany(["b", 2n]);
    await receiver.storeBuffer(Uint8Array.of(7, 8));
    expect(await fixture.batch(1000)).toEqual([["a"], ["b", 2n], [7, 8]]);
    const ids = [...(fixture.places.get("executor-0")?.blocks.kept.keys() ?? [])];
    expect(ids).toHaveLength(3);
    expect(new Set(ids.map((id) => fixture.tracker.placeOf(id)))).toEqual(new Set(["executor-0"]));
    await fixture.tracker.forget(2000);
    await settle();
    expect(fixture.places.get("executor-0")?.blocks.kept.size).toBe(0);
    expect(fixture.tracker.placeOf(ids[0] ?? "")).toBeUndefined();
  });

  test("when its executor dies a receiver starts in another one, with the next number and the durable positions", async () => {
    const journal = new MemoryJournal();
    const fixture = new HostingFixture({
      durability: { ...volatileDurability, epoch: 3, journal },
    });
    await fixture.start();
    await settle();
    const before = fixture.receiver();
    await before.storeMany(["a", "b"], { position: { partition: "p", from: 0, until: 2 } });
    fixture.executors.kill("executor-0");
    await settle();
    expect(fixture.hosts).toEqual(["executor-1"]);
    const after = fixture.receiver();
    expect(after).not.toBe(before);
    expect([...after.positions]).toEqual([["p", 2]]);
    const starts = journal.events.filter(({ kind }) => kind === "receiver_started");
    expect(starts).toEqual([
      { kind: "receiver_started", streamUid: "s0", receiverStart: 1 },
      { kind: "receiver_started", streamUid: "s0", receiverStart: 2 },
    ]);
    expect(fixture.told.map(([what]) => what)).toEqual(["started", "stopped", "started"]);
    expect(fixture.told[1]?.[1].lastErrorMessage).toBe("the executor of the receiver was lost");
    await expect(before.storeMany(["late"])).rejects.toThrow(code("executor_lost"));
    expect(await isPending(after.storeMany(["c"]))).toBe(false);
  });

  test("blocks of an executor that is gone are read from its log, and are lost without one", async () => {
    const logs = new Map<string, MemoryLog>();
    const logOf = (executor: string) => {
      const log = logs.get(executor) ?? new MemoryLog(`blocks/0000000001-${executor}-0000000000`);
      logs.set(executor, log);
      return log;
    };
    const log = {
      append: () => Promise.reject(new Error("the driver receives nothing")),
      read: (location: Parameters<MemoryLog["read"]>[0]) =>
        [...logs.values()].find(({ segment }) => segment === location.segment)?.read(location) ??
        Promise.reject(new Error("no such log")),
    };
    const journal = new MemoryJournal();
    const durability = { ...volatileDurability, epoch: 1, journal, log };
    const logged = new HostingFixture({ durability, logOf });
    await logged.start();
    await settle();
    await logged.receiver().storeMany(["kept"]);
    logged.executors.kill("executor-0");
    expect(await logged.batch(1000)).toEqual([["kept"]]);

    const unlogged = new HostingFixture();
    await unlogged.start();
    await settle();
    await unlogged.receiver().storeMany(["lost"]);
    unlogged.executors.kill("executor-0");
    await expect(unlogged.batch(1000)).rejects.toThrow(code("block_unreadable"));
  });

  test("a log that fails ends its executor, and what was not acknowledged is in no batch", async () => {
    const logs: MemoryLog[] = [];
    const logOf = (executor: string) => {
      const log = new MemoryLog(`blocks/0000000001-${executor}-0000000000`);
      logs.push(log);
      return log;
    };
    const log = new MemoryLog("blocks/0000000001-driver-0000000000");
    const durability = { ...volatileDurability, epoch: 1, journal: new MemoryJournal(), log };
    const fixture = new HostingFixture({ durability, logOf });
    await fixture.start();
    await settle();
    const [first] = logs;
    if (first !== undefined) first.gate = () => Promise.reject(new Error("disk gone"));
    await expect(fixture.receiver().storeMany(["x"])).rejects.toThrow("disk gone");
    await settle();
    expect(fixture.executors.living.map(({ id }) => id)).toEqual(["executor-1"]);
    expect(fixture.hosts).toEqual(["executor-1"]);
    expect(await fixture.batch(1000)).toEqual([]);
  });

  test("a receiver that asks to be restarted goes on elsewhere, after its pause", async () => {
    const fixture = new HostingFixture({ restartDelayMs: 500 });
    await fixture.start();
    await settle();
    const first = fixture.receiver();
    first.restart("the connection failed", { error: new Error("reset") });
    await settle();
    expect(fixture.hosts).toEqual([undefined]);
    expect(first.calls).toEqual(["start", "stop"]);
    await fixture.clock.advance(500);
    await settle();
    expect(fixture.hosts).toEqual(["executor-1"]);
    fixture.receiver().restart("the connection failed");
    await settle();
    await fixture.clock.advance(500);
    await settle();
    expect(fixture.hosts).toEqual(["executor-0"]);
    expect(fixture.receiver()).toBe(first);
    await first.storeMany(["again"]);
    expect(await fixture.batch(1000)).toEqual([["again"]]);
  });

  test("what is said of a hosting that is over, or by another executor, is refused", async () => {
    const fixture = new HostingFixture({ restartDelayMs: 500 });
    await fixture.start();
    await settle();
    fixture.receiver().restart("the connection failed");
    await settle();
    await fixture.clock.advance(500);
    await settle();
    expect(fixture.hosts).toEqual(["executor-1"]);
    const block = {
      id: "input-s0-0-executor-0-9",
      streamUid: "s0",
      recordCount: 1,
      receiverStart: 2,
      form: "records",
    };
    const driverOf = (executor: string) => fixture.places.get(executor)?.link.driver;
    for (const [executor, hosting] of [
      ["executor-0", 1],
      ["executor-0", 2],
      ["executor-1", 1],
    ] as const) {
      const ask = (method: string, value: object) =>
        driverOf(executor)?.request(method, { hosting, ...value });
      await expect(ask("receiver.begin", {})).rejects.toThrow(code("receiver_superseded"));
      await expect(ask("receiver.block", { block })).rejects.toThrow(code("receiver_superseded"));
      const room = ask("receiver.room", { records: 1, bytes: 0 });
      await expect(room).rejects.toThrow(code("receiver_superseded"));
    }
    expect(await fixture.batch(1000)).toEqual([]);
  });

  test("where no executor has room a receiver waits for one to come", async () => {
    const fixture = new HostingFixture({ executors: 1, replaces: true });
    await fixture.start();
    await settle();
    fixture.executors.kill("executor-0");
    await settle();
    expect(fixture.hosts).toEqual(["executor-1"]);
  });

  test("errors, rates and the limit on a record's way come through", async () => {
    const fixture = new HostingFixture({ maxRate: 1000, initialRate: 10 });
    await fixture.start();
    await settle();
    const receiver = fixture.receiver();
    receiver.reportError("hiccup", new Error("why"));
    await settle();
    expect(fixture.tracker.receivers[0]).toMatchObject({
      lastErrorMessage: "hiccup",
      executorId: "executor-0",
    });
    await receiver.store(1);
    const second = receiver.store(2);
    expect(await isPending(second)).toBe(true);
    await fixture.clock.advance(100);
    await second;
    fixture.tracker.updateRate(0, 500);
    await settle();
    await fixture.clock.advance(1000);
    const passed = Array.from({ length: 100 }, (_, n) => receiver.store(n));
    expect(passed.filter((each) => each !== undefined)).toEqual([]);
  });

  test("a graceful stop drains what executors have taken", async () => {
    const fixture = new HostingFixture({ receivers: 2 });
    await fixture.start();
    await settle();
    await fixture.receiver(0).store("a");
    await fixture.receiver(1).store("b");
    await fixture.tracker.stop({ timeoutMs: 1000 });
    expect(fixture.hosts).toEqual([undefined, undefined]);
    expect(await fixture.batch(1000, 0)).toEqual([["a"]]);
    expect(fixture.tracker.blocksOf("s1", 1000)).toHaveLength(1);
  });

  test("a receiver whose executor died while it was stopped is stopped all the same", async () => {
    const fixture = new HostingFixture();
    await fixture.start();
    await settle();
    fixture.receiver().stopped = () => new Promise(() => {});
    const stopped = fixture.tracker.stop({ timeoutMs: 10_000 });
    await settle();
    fixture.executors.kill("executor-0");
    await stopped;
    expect(fixture.hosts).toEqual([undefined]);
  });
});

describe("the bound on unprocessed data over executors", () => {
  test("records of all executors count, and receivers wait until batches complete", async () => {
    const fixture = new HostingFixture({ receivers: 2, unprocessedRecordsMax: 16 });
    await fixture.start();
    await settle();
    const first = fixture.receiver(0);
    await first.storeMany(Array.from({ length: 14 }, (_, n) => n));
    const waiting = fixture.receiver(1).storeMany([1, 2, 3, 4]);
    expect(await isPending(waiting)).toBe(true);
    await fixture.batch(1000);
    fixture.tracker.batchCompleted(1000);
    await settle();
    expect(await isPending(waiting)).toBe(false);
  });

  test("a block larger than the bound goes in when nothing else is there", async () => {
    const fixture = new HostingFixture({ receivers: 2, unprocessedRecordsMax: 8 });
    await fixture.start();
    await settle();
    await fixture.receiver(1).store("lends some room");
    const large = Array.from({ length: 20 }, (_, n) => n);
    await fixture.receiver(0).storeMany(large);
    expect(await fixture.batch(1000)).toEqual([large]);
  });

  test("what an executor held and had in no block comes back when it is lost", async () => {
    const fixture = new HostingFixture({ unprocessedRecordsMax: 40 });
    await fixture.start();
    await settle();
    await fixture.receiver().store("in no block");
    expect(fixture.tracker.unprocessedRecords).toBeGreaterThan(0);
    fixture.executors.kill("executor-0");
    await settle();
    expect(fixture.tracker.unprocessedRecords).toBe(0);
  });

  test("after a graceful stop the room of the blocks alone is held", async () => {
    const fixture = new HostingFixture({ unprocessedRecordsMax: 40 });
    await fixture.start();
    await settle();
    await fixture.receiver().storeMany(["a", "b", "c"]);
    await fixture.tracker.stop({ timeoutMs: 1000 });
    expect(fixture.tracker.unprocessedRecords).toBe(3);
    await fixture.batch(1000);
    fixture.tracker.batchCompleted(1000);
    expect(fixture.tracker.unprocessedRecords).toBe(0);
  });
});

test("the place of a receiver is the one that it prefers, else the least loaded that it did not fail in", () => {
  const places = [
    { executor: "a", hosted: 1 },
    { executor: "b", hosted: 0 },
    { executor: "c", hosted: 2 },
  ];
  const wish = { preferred: undefined, avoid: undefined };
  expect(choosePlace(places, 2, wish)).toBe("b");
  expect(choosePlace(places, 2, { ...wish, preferred: "a" })).toBe("a");
  expect(choosePlace(places, 2, { ...wish, preferred: "c" })).toBe("b");
  expect(choosePlace(places, 2, { ...wish, avoid: "b" })).toBe("a");
  expect(choosePlace(places, 1, { ...wish, avoid: "b" })).toBe("b");
  expect(choosePlace(places, 0, wish)).toBeUndefined();
});
