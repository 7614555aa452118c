import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { BlockEvent, BlockRecord } from "../../../src/receiver/block-events.ts";
import { BlockLedger } from "../../../src/receiver/block-ledger.ts";
import { noPins, ReceivedBlockTracker } from "../../../src/receiver/block-tracker.ts";
import type { BlockJournal } from "../../../src/receiver/receiver-durability.ts";

const code = (expected: string) => expect.objectContaining({ code: expected });

function block(streamUid: string, n: number, rest: Partial<BlockRecord> = {}): BlockRecord {
  const id = `input-${streamUid}-1-${n}`;
  return { id, streamUid, recordCount: 1, receiverStart: 1, form: "records", ...rest };
}

/** A journal whose writes settle when the test says so. */
class HeldJournal implements BlockJournal {
  readonly events: BlockEvent[] = [];
  readonly #held: { event: BlockEvent; resolve: () => void; reject: (reason: Error) => void }[] =
    [];
  failing = false;
  holding = false;

  append(event: BlockEvent): Promise<void> {
    if (this.failing) return Promise.reject(new Error("journal full"));
    if (!this.holding) {
      this.events.push(event);
      return Promise.resolve();
    }
    return new Promise((resolve, reject) => this.#held.push({ event, resolve, reject }));
  }

  /** Lets the writes that wait succeed or fail, in the order that `order` says. */
  async release(outcomes: readonly boolean[], order: "first" | "last" = "first"): Promise<void> {
    await new Promise((resolve) => setImmediate(resolve));
    const held = this.#held.splice(0);
    const kept = held.filter((_, index) => outcomes[index] ?? true);
    this.events.push(...kept.map(({ event }) => event));
    for (const write of order === "first" ? held : held.toReversed()) {
      if (kept.includes(write)) write.resolve();
      else write.reject(new Error("journal full"));
      await new Promise((resolve) => setImmediate(resolve));
    }
  }
}

async function started(journal: BlockJournal = new HeldJournal()): Promise<BlockLedger> {
  const ledger = new BlockLedger({ journal, fatal: () => {} });
  await ledger.startReceiver("a");
  await ledger.startReceiver("b");
  return ledger;
}

describe("BlockLedger", () => {
  test("a batch gets all unallocated blocks of all streams, in the order of registration", async () => {
    const ledger = await started();
    const blocks = [block("a", 0), block("b", 0), block("a", 1)];
    for (const next of blocks) await ledger.register(next);
    expect(ledger.known.hasUnallocatedBlocks).toBe(true);
    expect(await ledger.allocate(1000)).toBe(true);
    expect(ledger.known.blocksOf("a", 1000)).toEqual([blocks[0], blocks[2]]);
    expect(ledger.known.blocksOf("b", 1000)).toEqual([blocks[1]]);
    expect(ledger.known.hasUnallocatedBlocks).toBe(false);
    expect(ledger.known.blocksOf("a", 2000)).toEqual([]);
    expect(ledger.known.blocksOf("other", 1000)).toEqual([]);
  });

  test.each([1000, 500])(
    "after %s ms were passed an allocation changes nothing",
    async (timeMs) => {
      const ledger = await started();
      await ledger.register(block("a", 0));
      await ledger.allocate(1000);
      await ledger.register(block("a", 1));
      expect(await ledger.allocate(timeMs)).toBe(false);
      expect(ledger.known.blocksOf("a", 1000)).toEqual([block("a", 0)].map(expectSame));
      expect(ledger.known.blocksOf("a", 500)).toEqual([]);
      await ledger.allocate(2000);
      expect(ledger.known.blocksOf("a", 2000)).toEqual([block("a", 1)].map(expectSame));
    },
  );

  test("an allocation that the journal refuses leaves the blocks queued", async () => {
    const journal = new HeldJournal();
    const ledger = await started(journal);
    await ledger.register(block("a", 0));
    journal.failing = true;
    await expect(ledger.allocate(1000)).rejects.toThrow("journal full");
    expect(ledger.known.hasUnallocatedBlocks).toBe(true);
    journal.failing = false;
    expect(await ledger.allocate(1000)).toBe(true);
    expect(ledger.known.blocksOf("a", 1000)).toHaveLength(1);
  });

  test("a block that the journal refuses is not known", async () => {
    const journal = new HeldJournal();
    const ledger = await started(journal);
    journal.failing = true;
    await expect(ledger.register(block("a", 0))).rejects.toThrow("journal full");
    expect(ledger.known.hasUnallocatedBlocks).toBe(false);
  });

  test("a block is not known before the journal has it", async () => {
    const journal = new HeldJournal();
    const ledger = await started(journal);
    journal.holding = true;
    const registered = ledger.register(block("a", 0));
    expect(ledger.known.hasUnallocatedBlocks).toBe(false);
    await journal.release([]);
    await registered;
    expect(ledger.known.hasUnallocatedBlocks).toBe(true);
  });

  test("two allocations that are asked for at once do not share blocks", async () => {
    const journal = new HeldJournal();
    const ledger = await started(journal);
    await ledger.register(block("a", 0));
    journal.holding = true;
    const both = [ledger.allocate(1000), ledger.allocate(2000)];
    await journal.release([]);
    await journal.release([]);
    expect(await Promise.all(both)).toEqual([true, true]);
    expect(ledger.known.blocksOf("a", 1000)).toHaveLength(1);
    expect(ledger.known.blocksOf("a", 2000)).toEqual([]);
  });

  test("blocks of an earlier start are refused", async () => {
    const ledger = await started();
    expect(await ledger.startReceiver("a")).toBe(2);
    await expect(ledger.register(block("a", 0))).rejects.toThrow(code("receiver_superseded"));
    await ledger.register(block("a", 1, { receiverStart: 2 }));
  });

  test("positions follow what is registered, per source partition, and outlive restarts", async () => {
    const ledger = await started();
    await ledger.register(block("a", 0, { position: { partition: "a", from: 5, until: 9 } }));
    await ledger.register(block("a", 1, { position: { partition: "b", from: 0, until: 1 } }));
    await ledger.register(block("a", 2, { position: { partition: "a", from: 9, until: 10 } }));
    await ledger.startReceiver("a");
    expect([...ledger.known.positions("a")]).toEqual([
      ["a", 10],
      ["b", 1],
    ]);
    expect([...ledger.known.positions("b")]).toEqual([]);
  });

  test("cleaning forgets the batches before a time and returns their blocks", async () => {
    const ledger = await started();
    await ledger.register(block("a", 0));
    await ledger.allocate(1000);
    await ledger.register(block("a", 1));
    await ledger.allocate(2000);
    const cleaned = await ledger.cleanup(2000);
    expect(cleaned.map((batch) => [batch.batchTimeMs, batch.blocks.map(({ id }) => id)])).toEqual([
      [1000, ["input-a-1-0"]],
    ]);
    expect(ledger.known.blocksOf("a", 1000)).toEqual([]);
    expect(ledger.known.blocksOf("a", 2000)).toHaveLength(1);
    expect(await ledger.cleanup(2000)).toEqual([]);
  });

  test("memory takes events in the order of the journal, whatever order its writes settle in", async () => {
    const journal = new HeldJournal();
    const ledger = await started(journal);
    journal.holding = true;
    const registered = [ledger.register(block("a", 0)), ledger.register(block("a", 1))];
    await journal.release([], "last");
    await Promise.all(registered);
    journal.holding = false;
    await ledger.allocate(1000);
    expect(ledger.known.blocksOf("a", 1000).map(({ id }) => id)).toEqual([
      "input-a-1-0",
      "input-a-1-1",
    ]);
  });
});

describe("ReceivedBlockTracker", () => {
  test.each<[string, BlockEvent[]]>([
    [
      "a block twice",
      [
        { kind: "block_added", block: block("a", 0) },
        { kind: "block_added", block: block("a", 0) },
      ],
    ],
    [
      "a gap in a source partition",
      [
        {
          kind: "block_added",
          block: block("a", 0, { position: { partition: "a", from: 0, until: 1 } }),
        },
        {
          kind: "block_added",
          block: block("a", 1, { position: { partition: "a", from: 2, until: 3 } }),
        },
      ],
    ],
    [
      "an allocation of a block that is not there",
      [
        {
          kind: "batch_allocated",
          batchTimeMs: 1000,
          streams: [{ streamUid: "a", blockIds: ["input-a-1-0"] }],
          ...noPins,
        },
      ],
    ],
    [
      "a batch twice",
      [
        { kind: "batch_allocated", batchTimeMs: 1000, streams: [], ...noPins },
        { kind: "batch_allocated", batchTimeMs: 1000, streams: [], ...noPins },
      ],
    ],
  ])("%s is no history that it takes", (_, events) => {
    const tracker = new ReceivedBlockTracker();
    const applyAll = () => {
      for (const event of events) tracker.apply(event);
    };
    expect(applyAll).toThrow(code("invariant_violated"));
  });

  test("no block is lost, doubled or given to two batches, whatever the journal refuses and when", async () => {
    const streamUid = fc.constantFrom("a", "b", "c");
    const step = fc.oneof(
      { weight: 6, arbitrary: fc.record({ kind: fc.constant("add" as const), streamUid }) },
      { weight: 2, arbitrary: fc.record({ kind: fc.constant("allocate" as const) }) },
      {
        weight: 1,
        arbitrary: fc.record({ kind: fc.constant("cleanup" as const), back: fc.nat(3) }),
      },
      { weight: 1, arbitrary: fc.record({ kind: fc.constant("restart" as const), streamUid }) },
      {
        weight: 3,
        arbitrary: fc.record({
          kind: fc.constant("settle" as const),
          outcomes: fc.array(fc.boolean(), { maxLength: 8 }),
          order: fc.constantFrom("first" as const, "last" as const),
        }),
      },
    );
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 40 }), async (steps) => {
        const journal = new HeldJournal();
        const ledger = new BlockLedger({ journal, fatal: () => {} });
        for (const id of ["a", "b", "c"]) await ledger.startReceiver(id);
        journal.holding = true;
        const accepted = new Set<string>();
        const underway: Promise<unknown>[] = [];
        const begin = (work: Promise<unknown>) => underway.push(work.catch(() => {}));
        let blockNumber = 0;
        let batchTimeMs = 0;
        for (const next of steps) {
          if (next.kind === "add") {
            const added = block(next.streamUid, blockNumber);
            blockNumber += 1;
            begin(ledger.register(added).then(() => accepted.add(added.id)));
          } else if (next.kind === "allocate") {
            batchTimeMs += 1000;
            begin(ledger.allocate(batchTimeMs));
          } else if (next.kind === "cleanup") {
            begin(ledger.cleanup(batchTimeMs - next.back * 1000));
          } else if (next.kind === "restart") {
            begin(ledger.startReceiver(next.streamUid));
          } else await journal.release(next.outcomes, next.order);
        }
        journal.holding = false;
        for (let turn = 0; turn <= steps.length; turn += 1) await journal.release([]);
        await Promise.all(underway);

        const allocated: string[] = [];
        const replayed = new ReceivedBlockTracker();
        for (const event of journal.events) {
          replayed.apply(event);
          if (event.kind !== "batch_allocated") continue;
          for (const { blockIds } of event.streams) allocated.push(...blockIds);
        }
        const waiting = ["a", "b", "c"].flatMap((id) =>
          replayed.unallocatedBlocks(id).map((left) => left.id),
        );
        const all = [...allocated, ...waiting];
        expect(new Set(all).size).toBe(all.length);
        expect(new Set(all)).toEqual(accepted);
        for (let timeMs = 0; timeMs <= batchTimeMs; timeMs += 1000) {
          const ids = (blocks: readonly BlockRecord[]) => blocks.map(({ id }) => id);
          expect(ids(ledger.known.blocksOfBatch(timeMs))).toEqual(
            ids(replayed.blocksOfBatch(timeMs)),
          );
        }
        expect(ledger.known.hasUnallocatedBlocks).toBe(waiting.length > 0);
      }),
    );
  });
});

function expectSame(expected: BlockRecord): unknown {
  return expect.objectContaining({ id: expected.id, streamUid: expected.streamUid });
}
