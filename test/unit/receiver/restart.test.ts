import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { Disk, Life } from "./driver-life.ts";
import type { Gate } from "./memory-log.ts";
import { isPending, settle } from "./receiver-fixture.ts";

const code = (expected: string) => expect.objectContaining({ code: expected });
const full = () => Promise.reject(new Error("I/O error"));
const never: Gate = () => new Promise(() => {});

/** The power goes before or after a write of a medium. */
async function dieAt(disk: Disk, life: Life, medium: "log" | "journal", when: "gate" | "kept") {
  const target = medium === "log" ? disk.log : disk.journal;
  if (target === undefined) throw new Error("there is no log");
  target[when] = never;
  const sent = life.send(0, 3);
  expect(await isPending(sent)).toBe(true);
  life.kill();
  target[when] = () => Promise.resolve();
}

describe("after a restart", () => {
  test("row 1: a block that the log has and the journal has not is cut, sent again, and counts once", async () => {
    for (const [medium, when] of [
      ["log", "gate"],
      ["log", "kept"],
      ["journal", "gate"],
    ] as const) {
      const disk = new Disk();
      await dieAt(disk, await Life.begin(disk), medium, when);
      const next = await Life.begin(disk);
      expect(next.position).toBeUndefined();
      await next.send(0, 3);
      await next.tracker.allocate(1000);
      expect(await next.read(1000)).toEqual([0, 1, 2]);
    }
  });

  test("row 2: a block that was not acknowledged and is in the journal is left out when it comes again", async () => {
    const disk = new Disk();
    await dieAt(disk, await Life.begin(disk), "journal", "kept");
    const next = await Life.begin(disk);
    expect(next.position).toBe(3);
    await next.send(0, 3);
    await next.send(2, 3);
    await next.tracker.allocate(1000);
    expect(await next.read(1000)).toEqual([0, 1, 2, 3, 4]);
  });

  test("row 3: what was acknowledged is there, and the receiver knows where to go on before it starts", async () => {
    const disk = new Disk();
    const life = await Life.begin(disk);
    await life.send(0, 3);
    await life.receiver.storeBuffer(Uint8Array.of(7, 8));
    life.kill();
    const next = await Life.begin(disk);
    expect(next.position).toBe(3);
    await expect(next.send(4, 1)).rejects.toEqual(code("position_gap"));
    await next.tracker.allocate(1000);
    expect(await next.read(1000)).toEqual([0, 1, 2, 7, 8]);
  });

  test("row 10: a batch that was allocated has the same blocks and pins, and no other has them", async () => {
    const disk = new Disk();
    const life = await Life.begin(disk);
    await life.send(0, 3);
    const pins = { inputs: { files: ["a"] }, partitions: { counts: 3 } };
    await life.tracker.allocate(1000, pins);
    await life.send(3, 2);
    life.kill();
    const next = await Life.begin(disk, { unfinishedMs: [1000] });
    expect(next.tracker.lastAllocatedTimeMs).toBe(1000);
    expect(next.tracker.pinsOf(1000)).toMatchObject(pins);
    await next.tracker.allocate(1000, { inputs: {}, partitions: {} });
    expect(next.tracker.pinsOf(1000)).toMatchObject(pins);
    expect(await next.read(1000)).toEqual([0, 1, 2]);
    await next.tracker.allocate(2000);
    expect(await next.read(2000)).toEqual([3, 4]);
  });

  test("row 12: an allocation that the journal fails to take leaves the blocks queued, and ends the process", async () => {
    const disk = new Disk();
    const life = await Life.begin(disk);
    await life.send(0, 3);
    disk.journal.gate = full;
    await expect(life.tracker.allocate(1000)).rejects.toThrow("I/O error");
    expect(life.fatal).toHaveLength(1);
    expect(life.tracker.hasUnallocatedBlocks).toBe(true);
    life.kill();
    disk.journal.gate = () => Promise.resolve();
    const next = await Life.begin(disk);
    await next.tracker.allocate(1000);
    expect(await next.read(1000)).toEqual([0, 1, 2]);
  });

  test("row 17: a log that fails once acknowledges nothing, and ends the process", async () => {
    const disk = new Disk();
    const life = await Life.begin(disk);
    if (disk.log === undefined) throw new Error("there is a log");
    disk.log.gate = full;
    await expect(life.send(0, 3)).rejects.toThrow("I/O error");
    expect(life.fatal).toHaveLength(1);
    expect(disk.journal.events.map(({ kind }) => kind)).toEqual(["receiver_started"]);
  });

  test("receiver starts are numbered on, and no block has the id of an earlier life", async () => {
    const disk = new Disk();
    for (let life = 0; life < 3; life += 1) {
      const current = await Life.begin(disk);
      await current.send(life * 2, 1);
      current.receiver.restart("again", { delayMs: 0 });
      await settle();
      await current.clock.advance(1);
      await current.send(life * 2 + 1, 1);
      current.kill();
    }
    const { events } = disk.journal;
    const starts = events.flatMap((event) =>
      event.kind === "receiver_started" ? [event.receiverStart] : [],
    );
    expect(starts).toEqual([1, 2, 3, 4, 5, 6]);
    const blocks = events.flatMap((event) => (event.kind === "block_added" ? [event.block] : []));
    expect(blocks.map(({ id, receiverStart }) => [id, receiverStart])).toEqual([
      ["input-in-1-0", 1],
      ["input-in-1-1", 2],
      ["input-in-2-0", 3],
      ["input-in-2-1", 4],
      ["input-in-3-0", 5],
      ["input-in-3-1", 6],
    ]);
  });

  test("what is not in a completed batch holds its room under the bound, and gives it back once", async () => {
    const disk = new Disk();
    const life = await Life.begin(disk);
    for (const [from, timeMs] of [
      [0, 1000],
      [4, 2000],
    ] as const) {
      await life.send(from, 4);
      await life.tracker.allocate(timeMs);
    }
    await life.send(8, 4);
    life.kill();
    const receiver = { unprocessedRecordsMax: 5 };
    const next = await Life.begin(disk, { unfinishedMs: [2000], receiver });
    expect(next.tracker.unprocessedRecords).toBe(8);
    const waiting = next.send(12, 1);
    expect(await isPending(waiting)).toBe(true);
    next.tracker.batchCompleted(1000);
    expect(await isPending(waiting)).toBe(true);
    next.tracker.batchCompleted(2000);
    await waiting;
    await next.tracker.allocate(3000);
    next.tracker.batchCompleted(3000);
    next.tracker.batchCompleted(2000);
    expect(next.tracker.unprocessedRecords).toBe(0);
  });

  test("more than the bound may have been received: receivers wait until there is room again", async () => {
    const disk = new Disk();
    const life = await Life.begin(disk);
    await life.send(0, 50);
    life.kill();
    const next = await Life.begin(disk, { receiver: { unprocessedRecordsMax: 10 } });
    const waiting = next.send(50, 1);
    expect(await isPending(waiting)).toBe(true);
    await next.tracker.allocate(1000);
    next.tracker.batchCompleted(1000);
    await waiting;
  });

  test("blocks that were dropped from memory are read from the log, in this life and in the next", async () => {
    const disk = new Disk();
    const life = await Life.begin(disk, { level: "DISK_ONLY" });
    await life.send(0, 3);
    await life.tracker.allocate(1000);
    life.blocks.kept.clear();
    expect(await life.read(1000)).toEqual([0, 1, 2]);
    life.kill();
    const next = await Life.begin(disk, { unfinishedMs: [1000] });
    expect([await next.read(1000), await next.read(1000)]).toEqual([
      [0, 1, 2],
      [0, 1, 2],
    ]);
  });

  test("what the log of an earlier life holds is read where this one logs nothing", async () => {
    const disk = new Disk();
    const life = await Life.begin(disk);
    await life.send(0, 3);
    life.kill();
    const next = await Life.begin(disk, { logs: false });
    expect(next.lost).toBeUndefined();
    await next.send(3, 1);
    await next.tracker.allocate(1000);
    expect(await next.read(1000)).toEqual([0, 1, 2, 3]);
    next.kill();
    const last = await Life.begin(disk, { logs: false, unfinishedMs: [1000] });
    expect(last.position).toBe(3);
    expect(await last.read(1000)).toEqual([0, 1, 2]);
  });

  test("blocks are dropped from memory once", async () => {
    const life = await Life.begin(new Disk());
    await life.send(0, 1);
    await life.tracker.allocate(1000);
    const removed: string[] = [];
    life.blocks.remove = async (id) => void removed.push(id);
    await life.tracker.forget(2000);
    await life.tracker.forget(3000);
    expect(removed).toEqual(["input-in-1-0"]);
  });

  test("what was cleaned is gone for good, what was forgotten or closed is not", async () => {
    const disk = new Disk();
    const life = await Life.begin(disk);
    for (const timeMs of [1000, 2000, 3000]) {
      await life.send(timeMs / 1000 - 1, 1);
      await life.tracker.allocate(timeMs);
    }
    await life.send(3, 1);
    await life.tracker.forget(3000);
    expect(life.blocks.kept.size).toBe(2);
    await life.tracker.clean(2000);
    await life.tracker.close();
    expect(life.blocks.kept.size).toBe(0);
    life.kill();
    const next = await Life.begin(disk);
    const { batches } = next.tracker.snapshot();
    expect(batches.map(({ batchTimeMs }) => batchTimeMs)).toEqual([2000, 3000]);
    expect(await next.read(2000)).toEqual([1]);
    expect(next.tracker.hasUnallocatedBlocks).toBe(true);
  });

  test("nothing is restored once receivers are registered", async () => {
    const { tracker } = await Life.begin(new Disk());
    const nothing = { state: tracker.snapshot(), unfinishedMs: [] };
    await expect(tracker.restore(nothing)).rejects.toEqual(code("receivers_started"));
  });
});

describe("after a restart without a log", () => {
  test("blocks of unfinished batches are lost, told, and sent again by a source with positions", async () => {
    const disk = new Disk({ hasLog: false });
    const life = await Life.begin(disk);
    await life.send(0, 2);
    await life.tracker.allocate(1000);
    await life.send(2, 2);
    await life.tracker.allocate(2000);
    await life.send(4, 2);
    life.kill();
    const next = await Life.begin(disk, { unfinishedMs: [2000] });
    expect(next.lost?.streams).toEqual([
      {
        streamUid: "in",
        blockIds: ["input-in-1-1", "input-in-1-2"],
        positions: [{ partition: "p", next: 2 }],
      },
    ]);
    expect(next.position).toBe(2);
    expect(next.tracker.unprocessedRecords).toBe(0);
    expect(await next.read(2000)).toEqual([]);
    await next.send(2, 4);
    await next.tracker.allocate(3000);
    expect(await next.read(3000)).toEqual([2, 3, 4, 5]);
    next.kill();
    const last = await Life.begin(disk, { unfinishedMs: [2000] });
    expect(last.lost).toBeUndefined();
    expect(last.position).toBe(6);
  });
});

interface Plan {
  /** How many writes of the log and the journal the life makes before it dies. */
  readonly writes: number;
  /** Whether the last one reaches the medium. */
  readonly isKept: boolean;
  readonly steps: readonly ("send" | "batch" | "restart")[];
}

const plan: fc.Arbitrary<Plan> = fc.record({
  writes: fc.nat(14),
  isKept: fc.boolean(),
  steps: fc.array(fc.constantFrom("send", "send", "batch", "restart"), { maxLength: 12 }),
});

/** Lives that die at any write; each batch is computed at once when it is allocated. Tells the records of each batch. */
async function liveThrough(disk: Disk, plans: readonly Plan[], total: number) {
  const computed = new Map<number, unknown[]>();
  let timeMs = 0;
  const compute = async (life: Life, batchTimeMs: number) => {
    computed.set(batchTimeMs, await life.read(batchTimeMs));
    life.tracker.batchCompleted(batchTimeMs);
  };
  const begin = async () => {
    const unfinishedMs = disk.journal
      .fold()
      .batches.map(({ batchTimeMs }) => batchTimeMs)
      .filter((batchTimeMs) => !computed.has(batchTimeMs));
    const life = await Life.begin(disk, { unfinishedMs });
    for (const batchTimeMs of unfinishedMs) await compute(life, batchTimeMs);
    return life;
  };
  const send = async (life: Life, count: number) => {
    // The source sends a little again, as one does whose acknowledgement was lost.
    const from = Math.max(0, (life.position ?? 0) - 2);
    await life.send(from, count);
  };
  const batch = async (life: Life) => {
    timeMs += 1000;
    await life.tracker.allocate(timeMs);
    await compute(life, timeMs);
  };
  const take = async (step: Plan["steps"][number], life: Life) => {
    if (step === "send") await send(life, 4);
    else if (step === "batch") await batch(life);
    else {
      life.receiver.restart("again", { delayMs: 0 });
      await settle();
      await life.clock.advance(1);
    }
  };
  for (const { isKept, steps, writes } of plans) {
    let left = writes;
    let life: Life | undefined;
    const died = new Promise<void>((resolve) => {
      const dying =
        (dies: boolean): Gate =>
        async () => {
          if (dies) left -= 1;
          if (left >= 0) return;
          resolve();
          await new Promise(() => {});
        };
      for (const medium of disk.media) {
        medium.gate = dying(!isKept);
        medium.kept = dying(isKept);
      }
    });
    const live = async () => {
      life = await begin();
      for (const step of steps) await take(step, life);
    };
    await Promise.race([live(), died]);
    life?.kill();
    for (const medium of disk.media) medium.gate = medium.kept = () => Promise.resolve();
    // A batch that was allocated as the power went has its time.
    timeMs = Math.max(timeMs, disk.journal.fold().lastAllocatedTimeMs ?? 0);
  }
  const last = await begin();
  await send(last, total - Math.max(0, (last.position ?? 0) - 2));
  await batch(last);
  return [...computed.values()].flat() as number[];
}

describe("whenever the driver dies, at any write of its log or journal", () => {
  const total = 400;
  const all = Array.from({ length: total }, (_, record) => record);
  const plans = fc.array(plan, { maxLength: 4 });

  test("with the log, each record of a source with positions is in one batch, in order", async () => {
    await fc.assert(
      fc.asyncProperty(plans, async (lives) => {
        const records = await liveThrough(new Disk(), lives, total);
        expect(records).toEqual(all);
      }),
      { numRuns: 80 },
    );
  });

  test("without the log, each record of a source with positions is in a batch that was computed", async () => {
    await fc.assert(
      fc.asyncProperty(plans, async (lives) => {
        const records = await liveThrough(new Disk({ hasLog: false }), lives, total);
        expect([...new Set(records)].sort((a, b) => a - b)).toEqual(all);
      }),
      { numRuns: 80 },
    );
  });
});
