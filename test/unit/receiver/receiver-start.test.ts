import fc from "fast-check";
import { beforeEach, describe, expect, test } from "vitest";
import type { BlockLabel } from "../../../src/receiver/block-writer.ts";
import type { BlockContent } from "../../../src/receiver/logged-block.ts";
import { RateLimiter } from "../../../src/receiver/rate-limiter.ts";
import { ReceiverStart } from "../../../src/receiver/receiver-start.ts";
import type { SourceRange } from "../../../src/receiver/source-range.ts";
import { UnprocessedBound } from "../../../src/receiver/unprocessed-bound.ts";
import { ManualClock } from "../../../src/testing/manual-clock.ts";

const code = (expected: string) => expect.objectContaining({ code: expected });
const turn = () => new Promise((resolve) => setImmediate(resolve));
const at = (from: number, until: number, partition = "p"): { position: SourceRange } => ({
  position: { partition, from, until },
});

interface Written extends BlockLabel {
  readonly content: BlockContent;
}

describe("ReceiverStart", () => {
  let clock: ManualClock;
  let bound: UnprocessedBound;
  let positions: Map<string, number>;
  let written: Written[];
  let gate: (written: Written) => Promise<void>;

  beforeEach(() => {
    clock = new ManualClock();
    bound = new UnprocessedBound(10, 100);
    positions = new Map();
    written = [];
    gate = () => Promise.resolve();
  });

  /** Writes as the block writer does: positions move when a block is registered. */
  async function write(content: BlockContent, label: BlockLabel): Promise<void> {
    const block = { content, ...label };
    await gate(block);
    if (label.position !== undefined) {
      positions.set(label.position.partition, label.position.until);
    }
    written.push(block);
  }

  function start(): ReceiverStart {
    return new ReceiverStart({
      receiverStart: 3,
      clock,
      blockIntervalMs: 200,
      blockQueueSize: 10,
      limiter: new RateLimiter(clock),
      bound,
      positions,
      writer: { write },
      decode: (bytes) => [...bytes],
      failed: () => {},
    });
  }

  const records = () =>
    written.map(({ content }) => ("records" in content ? content.records : [...content.bytes]));

  test("a whole block is written with its number of start, position and metadata", async () => {
    await start().storeMany(["a", "b"], { ...at(5, 7), metadata: { file: "x" } });
    expect(written).toEqual([
      {
        content: { records: ["a", "b"] },
        receiverStart: 3,
        position: { partition: "p", from: 5, until: 7 },
        metadata: { file: "x" },
      },
    ]);
  });

  test("a loop that stores nothing over and over lets others have their turn", async () => {
    const receiverStart = start();
    let turned = false;
    setImmediate(() => {
      turned = true;
    });
    for (let round = 0; round < 20; round++) await receiverStart.storeMany([], {});
    expect(turned).toBe(true);
  });

  test("the caller may use its array again", async () => {
    const mine = ["a"];
    const stored = start().storeMany(mine, {});
    mine[0] = "changed";
    await stored;
    expect(records()).toEqual([["a"]]);
  });

  test("bytes are written as they came", async () => {
    const bytes = Uint8Array.of(1, 2, 3);
    await start().storeBuffer(bytes, {});
    expect(written[0]?.content).toEqual({ bytes });
    expect(written[0]?.byteCount).toBe(3);
    expect([bound.records, bound.bytes]).toEqual([0, 3]);
  });

  test("an empty block is not written", async () => {
    const open = start();
    await open.storeMany([], {});
    await open.storeBuffer(new Uint8Array(), {});
    await open.storeMany([], at(4, 4));
    expect(written).toEqual([]);
  });

  test("what is registered already is trimmed, or acknowledged without a block", async () => {
    const open = start();
    await open.storeMany([0, 1, 2], at(0, 3));
    await open.storeMany([1, 2, 3, 4], at(1, 5));
    await open.storeMany([3, 4], at(3, 5));
    expect(records()).toEqual([
      [0, 1, 2],
      [3, 4],
    ]);
    expect(written[1]?.position).toEqual({ partition: "p", from: 3, until: 5 });
    expect(bound.records).toBe(5);
  });

  test("bytes that overlap are decoded and trimmed, and keep their room in bytes", async () => {
    const open = start();
    await open.storeBuffer(Uint8Array.of(0, 1), at(0, 2));
    await open.storeBuffer(Uint8Array.of(1, 2, 3), at(1, 4));
    expect(records()).toEqual([
      [0, 1],
      [2, 3],
    ]);
    expect(written[1]?.byteCount).toBe(3);
    expect([bound.records, bound.bytes]).toEqual([0, 5]);
    const wrong = open.storeBuffer(Uint8Array.of(3, 4, 5), at(3, 5));
    await expect(wrong).rejects.toThrow(code("position_invalid"));
    expect(bound.bytes).toBe(5);
  });

  test("a gap is refused and says what is expected", async () => {
    const open = start();
    await open.storeMany([0], at(0, 1));
    const gap = open.storeMany([2], at(2, 3));
    await expect(gap).rejects.toThrow(code("position_gap"));
    await expect(gap).rejects.toHaveProperty("details.expected", 1);
    expect(bound.records).toBe(1);
  });

  test("a range with another number of positions than records is refused", async () => {
    const wrong = start().storeMany([1, 2], at(0, 3));
    await expect(wrong).rejects.toThrow(code("position_invalid"));
    expect(bound.records).toBe(0);
  });

  test("blocks of a source partition are written in the order of the calls", async () => {
    const release: (() => void)[] = [];
    gate = () => new Promise((resolve) => release.push(resolve));
    const open = start();
    const stored = [
      open.storeMany([0], at(0, 1)),
      open.storeMany([1], at(1, 2)),
      open.storeMany(["other"], at(7, 8, "q")),
    ];
    await turn();
    expect(release).toHaveLength(2);
    release[1]?.();
    await stored[2];
    release[0]?.();
    await turn();
    release[2]?.();
    await Promise.all(stored);
    expect(records()).toEqual([["other"], [0], [1]]);
  });

  test("behind a block that failed the next one is a gap", async () => {
    gate = ({ position }) =>
      position?.from === 1 ? Promise.reject(new Error("no")) : (turn() as Promise<void>);
    const open = start();
    const stored = [
      open.storeMany([0], at(0, 1)),
      open.storeMany([1], at(1, 2)),
      open.storeMany([2], at(2, 3)),
    ];
    const outcomes = await Promise.allSettled(stored);
    expect(outcomes.map(({ status }) => status)).toEqual(["fulfilled", "rejected", "rejected"]);
    await expect(stored[2]).rejects.toThrow(code("position_gap"));
    expect(bound.records).toBe(1);
  });

  test("the begin of a source partition is that of its first block, even if that one fails", async () => {
    gate = ({ position }) =>
      position?.from === 0 ? Promise.reject(new Error("no")) : Promise.resolve();
    const open = start();
    const first = open.storeMany([0], at(0, 1));
    const second = open.storeMany([1], at(1, 2));
    await expect(first).rejects.toThrow("no");
    await expect(second).rejects.toThrow(code("position_gap"));
  });

  test("a block waits for room, in turn, and a single one larger than the bound is admitted", async () => {
    const open = start();
    await open.storeMany(Array.from({ length: 25 }), {});
    const second = open.storeMany(["second"], {});
    const third = open.add("third");
    await clock.advance(1000);
    expect(written).toHaveLength(1);
    bound.release(25, 0);
    await second;
    await third;
    await clock.advance(200);
    expect(records().slice(1)).toEqual([["second"], ["third"]]);
  });

  test("when it begins to end, the signal aborts and what waits for room is refused", async () => {
    const open = start();
    await open.storeMany(Array.from({ length: 10 }), {});
    const waiting = [open.storeMany([1], {}), open.add(2), open.storeMany([0], at(0, 1))];
    expect(open.signal.aborted).toBe(false);
    open.beginToEnd();
    expect(open.signal.aborted).toBe(true);
    for (const refused of waiting) await expect(refused).rejects.toThrow(code("receiver_stopping"));
    await expect(open.storeMany([1], {})).rejects.toThrow(code("receiver_stopping"));
    bound.release(10, 0);
    await open.storeMany(["last"], {});
    await open.finish();
    await expect(open.storeMany([1], {})).rejects.toThrow(code("receiver_not_running"));
    expect(records().slice(1)).toEqual([["last"]]);
  });

  test("it has finished when all that it took is written", async () => {
    const release: (() => void)[] = [];
    gate = () => new Promise((resolve) => release.push(resolve));
    const open = start();
    void open.add("one by one");
    const stored = open.storeMany(["whole"], {});
    let finished = false;
    const end = open.finish().then(() => {
      finished = true;
    });
    await turn();
    release[0]?.();
    await turn();
    expect(finished).toBe(false);
    release[1]?.();
    await Promise.all([end, stored]);
    expect(records()).toHaveLength(2);
  });

  test("a source that sends again what was refused ends up with every record once, in order", async () => {
    const step = fc.record({
      count: fc.integer({ min: 0, max: 4 }),
      back: fc.integer({ min: 0, max: 3 }),
      fails: fc.boolean(),
      waits: fc.boolean(),
    });
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 25 }), async (steps) => {
        positions = new Map();
        written = [];
        bound = new UnprocessedBound(1000, 1000);
        const failing = new Set<unknown>();
        gate = ({ metadata }) =>
          failing.has(metadata) ? Promise.reject(new Error("no")) : Promise.resolve();
        const open = start();
        const underway: Promise<void>[] = [];
        let sent = 0;
        for (const [index, { back, count, fails, waits }] of steps.entries()) {
          const from = Math.max(0, sent - back);
          const until = from + count;
          if (fails) failing.add(index);
          const block = Array.from({ length: count }, (_, k) => from + k);
          const stored = open.storeMany(block, { ...at(from, until), metadata: index });
          underway.push(stored.catch(() => {}));
          sent = Math.max(sent, until);
          if (!waits) continue;
          await Promise.all(underway);
          sent = positions.get("p") ?? 0;
        }
        await open.finish();
        const all = records().flat();
        expect(all).toEqual(all.map((_, k) => k));
        expect(bound.records).toBe(all.length);
      }),
    );
  });
});
