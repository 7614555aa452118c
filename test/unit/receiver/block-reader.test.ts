import { beforeEach, describe, expect, test } from "vitest";
import { StreamError } from "../../../src/base/index.ts";
import { Pacer, storageLevel } from "../../../src/core/index.ts";
import type { BlockRecord } from "../../../src/receiver/block-events.ts";
import { BlockReader } from "../../../src/receiver/block-reader.ts";
import { type BlockContent, encodeLogged, formOf } from "../../../src/receiver/logged-block.ts";
import { ManualClock } from "../../../src/testing/manual-clock.ts";
import { MemoryBlocks } from "./memory-blocks.ts";
import { MemoryLog } from "./memory-log.ts";

const clock = new ManualClock();
const pacer = () => new Pacer(clock, new AbortController().signal);

let blocks: MemoryBlocks;
let log: MemoryLog;

beforeEach(() => {
  blocks = new MemoryBlocks();
  log = new MemoryLog();
});

function readerOf(level: "MEMORY_AND_DISK" | "DISK_ONLY" = "MEMORY_AND_DISK", hasLog = true) {
  return new BlockReader({
    blocks,
    log: hasLog ? log : undefined,
    pacer,
    readingOf: (uid) =>
      uid === "in"
        ? { level: storageLevel(level), decode: (bytes) => [...bytes].map((byte) => -byte) }
        : undefined,
  });
}

/** A block of an earlier life: the log has it, the block store has not. */
async function logged(content: BlockContent, streamUid = "in"): Promise<BlockRecord> {
  const location = await log.append(await encodeLogged(content, pacer()));
  return {
    id: `input-${streamUid}-1-${location.offset}`,
    streamUid,
    recordCount: 0,
    receiverStart: 1,
    position: { partition: "p", from: 3, until: 5 },
    form: formOf(content),
    location,
  };
}

describe("a received block", () => {
  test("is read from the block store where it is there", async () => {
    const record = await logged({ records: [1] });
    await blocks.put(record.id, ["stored"], storageLevel("MEMORY_AND_DISK"));
    expect(await readerOf().handle(record, 1000).read()).toEqual(["stored"]);
    expect(log.reads).toBe(0);
  });

  test("of an earlier life is read from the log: records as they were, bytes by the receiver", async () => {
    const reader = readerOf();
    const records = await logged({ records: ["a", new Map([[1, 2n]])] });
    const bytes = await logged({ bytes: Uint8Array.of(7, 8) });
    expect(await reader.handle(records, 1000).read()).toEqual(["a", new Map([[1, 2n]])]);
    expect(await reader.handle(bytes, 1000).read()).toEqual([-7, -8]);
  });

  test("that was read from the log is in memory for whoever reads it next", async () => {
    const reader = readerOf();
    for (const content of [{ records: ["a"] }, { bytes: Uint8Array.of(7) }]) {
      const block = reader.handle(await logged(content), 1000);
      log.reads = 0;
      expect(await block.read()).toEqual(await block.read());
      expect(log.reads).toBe(1);
    }
  });

  test("is read from the log each time where its level keeps nothing in memory", async () => {
    const block = readerOf("DISK_ONLY").handle(await logged({ records: ["a"] }), 1000);
    expect([await block.read(), await block.read()]).toEqual([["a"], ["a"]]);
    expect(log.reads).toBe(2);
    expect(blocks.kept.size).toBe(0);
  });

  test("of a batch that was released is not brought into memory again", async () => {
    const reader = readerOf();
    reader.release(2000);
    await reader.handle(await logged({ records: ["a"] }), 1000).read();
    expect(blocks.levels.size).toBe(0);
    const late = reader.handle(await logged({ records: ["b"] }), 2000);
    blocks.gate = async () => reader.release(3000);
    await late.read();
    expect(blocks.kept.size).toBe(0);
  });

  test("whose copy in the block store is gone is read from the log", async () => {
    const record = await logged({ records: ["a"] });
    const gone = async () => {
      throw new StreamError("block_unreadable", { block: record.id });
    };
    blocks.kept.set(record.id, { id: record.id, recordCount: 1, read: gone });
    expect(await readerOf().handle(record, 1000).read()).toEqual(["a"]);
  });

  test("that nobody has any more is an error that names it, its batch and its source range", async () => {
    const { location: _, ...unlogged } = await logged({ records: ["a"] });
    await expect(readerOf().handle(unlogged, 1000).read()).rejects.toMatchObject({
      code: "block_unreadable",
      details: {
        block: unlogged.id,
        stream: "in",
        batchTimeMs: 1000,
        source: { partition: "p", from: 3, until: 5 },
      },
    });
    const record = await logged({ records: ["a"] });
    const without = readerOf("MEMORY_AND_DISK", false).handle(record, 1000);
    await expect(without.read()).rejects.toMatchObject({ code: "block_unreadable" });
  });

  test("that the log has lost or damaged is an error that names file and offset, too", async () => {
    const record = await logged({ records: ["a"] });
    log.frames.clear();
    await expect(readerOf().handle(record, 1000).read()).rejects.toMatchObject({
      details: { reason: "damaged", file: log.segment, offset: 0, batchTimeMs: 1000 },
    });
    log.frames.set(0, Uint8Array.of(1, 0, 9, 0, 0, 0, 1));
    await expect(readerOf().handle(record, 1000).read()).rejects.toMatchObject({
      code: "value_undecodable",
      details: { file: log.segment, block: record.id, batchTimeMs: 1000 },
    });
  });

  test("of a stream that is not in the program any more is refused", async () => {
    const record = await logged({ records: ["a"] }, "gone");
    await expect(readerOf().handle(record, 1000).read()).rejects.toMatchObject({
      code: "block_unreadable",
      details: { stream: "gone" },
    });
  });

  test("that its receiver fails to decode fails with that error", async () => {
    const record = await logged({ bytes: Uint8Array.of(1) });
    const broken = new BlockReader({
      blocks,
      log,
      pacer,
      readingOf: () => ({
        level: storageLevel("MEMORY_AND_DISK"),
        decode: () => {
          throw new TypeError("unknown bytes");
        },
      }),
    });
    await expect(broken.handle(record, 1000).read()).rejects.toThrow(TypeError);
  });
});
