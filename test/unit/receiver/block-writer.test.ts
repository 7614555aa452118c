import { beforeEach, describe, expect, test } from "vitest";
import { StreamError } from "../../../src/base/index.ts";
import { decodeRecords, Pacer, storageLevel } from "../../../src/core/index.ts";
import { BlockLedger } from "../../../src/receiver/block-ledger.ts";
import { BlockWriter } from "../../../src/receiver/block-writer.ts";
import type { ReceiverDurability } from "../../../src/receiver/index.ts";
import { ManualClock } from "../../../src/testing/manual-clock.ts";
import { MemoryBlocks } from "./memory-blocks.ts";
import { MemoryJournal, MemoryLog } from "./memory-log.ts";
import { isPending, settle } from "./receiver-fixture.ts";

const code = (expected: string) => expect.objectContaining({ code: expected });
const full = () => Promise.reject(new Error("disk full"));
const never = () => new Promise<void>(() => {});

class Writing {
  readonly clock = new ManualClock();
  readonly blocks = new MemoryBlocks();
  readonly journal = new MemoryJournal();
  readonly log = new MemoryLog();
  readonly steps: string[] = [];
  readonly fatal: unknown[] = [];
  lead: () => Promise<void> = () => Promise.resolve();
  readonly durability: ReceiverDurability = {
    epoch: 3,
    journal: this.journal,
    log: this.log,
    assertLeading: async () => {
      this.steps.push("still leading?");
      await this.lead();
    },
    fatal: (error) => void this.fatal.push(error),
  };
  readonly ledger = new BlockLedger(this.durability);

  writer(different: Partial<ReceiverDurability> = {}): BlockWriter {
    return new BlockWriter({
      streamUid: "in",
      clock: this.clock,
      blocks: this.blocks,
      ledger: this.ledger,
      durability: { ...this.durability, ...different },
      level: storageLevel("MEMORY_AND_DISK"),
      storeTimeoutMs: 1000,
      decode: (bytes) => [...bytes],
      pacer: () => new Pacer(this.clock, new AbortController().signal),
    });
  }

  /** Notes when each medium begins. */
  watch(): void {
    const noting = (step: string) => async () => void this.steps.push(step);
    this.blocks.gate = noting("store");
    this.log.gate = noting("log");
    this.journal.gate = noting("journal");
  }
}

let writing: Writing;
let writer: BlockWriter;

beforeEach(async () => {
  writing = new Writing();
  writer = writing.writer();
  await writing.ledger.startReceiver("in");
});

const label = { receiverStart: 1 };

describe("a block with a log", () => {
  test("is stored, logged, vouched for by the journal, and then asked about the lead, in this order", async () => {
    writing.watch();
    await writer.write({ records: [1, 2] }, label);
    expect(writing.steps).toEqual(["store", "log", "journal", "still leading?"]);
    expect(writing.fatal).toEqual([]);
  });

  test("is told to the journal with its place in the log, its source range and its form", async () => {
    const position = { partition: "p", from: 5, until: 7 };
    await writer.write({ records: [1, 2] }, { ...label, position, metadata: { topic: "t" } });
    await writer.write({ bytes: Uint8Array.of(1, 2, 3) }, { ...label, byteCount: 3 });
    const { segment } = writing.log;
    const [, first, second] = writing.journal.events;
    expect(first).toMatchObject({
      kind: "block_added",
      block: {
        id: "input-in-3-0",
        streamUid: "in",
        recordCount: 2,
        receiverStart: 1,
        position,
        metadata: { topic: "t" },
        form: "records",
        location: { segment, offset: 0 },
      },
    });
    expect(second).toMatchObject({
      block: { id: "input-in-3-1", recordCount: 0, byteCount: 3, form: "bytes" },
    });
  });

  test("is serialized once: the store has the bytes of the log", async () => {
    await writer.write({ records: ["a", "b"] }, label);
    const inLog = Buffer.from(writing.log.frames.get(0)?.subarray(2) ?? []);
    const inStore = writing.blocks.logged.get("input-in-3-0") ?? new Uint8Array();
    expect(inLog.equals(inStore)).toBe(true);
    const pacer = new Pacer(writing.clock, new AbortController().signal);
    expect(await decodeRecords(inStore, pacer)).toEqual(["a", "b"]);
  });

  test("is not acknowledged before the journal has it, nor before the lead is sure", async () => {
    let open = () => {};
    writing.journal.gate = () => new Promise((resolve) => (open = resolve));
    const written = writer.write({ records: [1] }, label);
    expect(await isPending(written)).toBe(true);
    open();
    await written;
    writing.journal.gate = () => Promise.resolve();
    writing.lead = never;
    expect(await isPending(writer.write({ records: [1] }, label))).toBe(true);
  });

  test("that the log fails to take ends the process; nothing is acknowledged, known or kept", async () => {
    writing.log.gate = full;
    await expect(writer.write({ records: [1] }, label)).rejects.toThrow("disk full");
    expect(writing.fatal).toEqual([new Error("disk full")]);
    expect(writing.ledger.known.hasUnallocatedBlocks).toBe(false);
    expect(writing.blocks.kept.size).toBe(0);
  });

  test("that the journal fails to take ends the process; nothing is acknowledged, known or kept", async () => {
    writing.journal.gate = full;
    await expect(writer.write({ records: [1] }, label)).rejects.toThrow("disk full");
    expect(writing.fatal).toEqual([new Error("disk full")]);
    expect(writing.ledger.known.hasUnallocatedBlocks).toBe(false);
    expect(writing.blocks.kept.size).toBe(0);
  });

  test("of a driver that was superseded is not acknowledged, and the process ends", async () => {
    writing.lead = () => Promise.reject(new StreamError("context_stopped"));
    await expect(writer.write({ records: [1] }, label)).rejects.toEqual(code("context_stopped"));
    expect(writing.fatal).toEqual([code("context_stopped")]);
  });

  test("that is refused for what it holds ends nothing", async () => {
    const refused = code("value_unsupported");
    await expect(writer.write({ records: [() => 1] }, label)).rejects.toEqual(refused);
    const metadata = { f: () => 1 };
    await expect(writer.write({ records: [1] }, { ...label, metadata })).rejects.toEqual(refused);
    writing.log.gate = () => Promise.reject(new StreamError("value_too_large"));
    await expect(writer.write({ records: [1] }, label)).rejects.toEqual(code("value_too_large"));
    expect(writing.fatal).toEqual([]);
    expect(writing.journal.events).toHaveLength(1);
    expect(writing.blocks.kept.size).toBe(0);
  });

  test("of an earlier start of the receiver is refused, and ends nothing", async () => {
    await writing.ledger.startReceiver("in");
    await expect(writer.write({ records: [1] }, label)).rejects.toEqual(
      code("receiver_superseded"),
    );
    expect(writing.fatal).toEqual([]);
  });

  test("that the log takes too long for is given up, and is not registered when the log has it", async () => {
    let open = () => {};
    writing.log.gate = () => new Promise((resolve) => (open = resolve));
    const written = writer.write({ records: [1] }, label).catch((error: unknown) => error);
    await settle();
    await writing.clock.advance(1000);
    expect(await written).toEqual(code("block_store_timeout"));
    open();
    await settle();
    expect(writing.journal.events).toHaveLength(1);
    expect(writing.blocks.kept.size).toBe(0);
  });
});

describe("a block without a log", () => {
  test("is registered without a place, and the journal still vouches for it", async () => {
    writing.watch();
    await writing.writer({ log: undefined }).write({ records: [1] }, label);
    expect(writing.steps).toEqual(["store", "journal", "still leading?"]);
    expect(writing.journal.events[1]).not.toHaveProperty("block.location");
    expect(writing.blocks.logged.size).toBe(0);
  });
});
