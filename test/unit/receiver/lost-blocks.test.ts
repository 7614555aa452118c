import { describe, expect, test } from "vitest";
import type { BlockEvent, BlockRecord } from "../../../src/receiver/block-events.ts";
import { ReceivedBlockTracker } from "../../../src/receiver/block-tracker.ts";

const location = { segment: "blocks/1", offset: 0, length: 1, checksum: 0 };

function added(n: number, from: number, rest: Partial<BlockRecord> = {}): BlockEvent {
  const block: BlockRecord = {
    id: `input-a-1-${n}`,
    streamUid: "a",
    recordCount: 10,
    receiverStart: 1,
    form: "records",
    position: { partition: "p", from, until: from + 10 },
    ...rest,
  };
  return { kind: "block_added", block };
}

const allocated = (batchTimeMs: number, ...blocks: number[]): BlockEvent => ({
  kind: "batch_allocated",
  batchTimeMs,
  streams: [{ streamUid: "a", blockIds: blocks.map((n) => `input-a-1-${n}`) }],
  inputs: {},
  partitions: {},
});

function trackerAfter(...events: BlockEvent[]): ReceivedBlockTracker {
  const tracker = new ReceivedBlockTracker();
  for (const event of events) tracker.apply(event);
  return tracker;
}

describe("blocks that no log holds", () => {
  test("are lost with their process, and the positions go back to the first of them", () => {
    const tracker = trackerAfter(added(0, 0), added(1, 10), allocated(1000, 0, 1), added(2, 20));
    const event = tracker.lose((timeMs) => timeMs === 1000);
    expect(event?.streams).toEqual([
      {
        streamUid: "a",
        blockIds: ["input-a-1-0", "input-a-1-1", "input-a-1-2"],
        positions: [{ partition: "p", next: 0 }],
      },
    ]);
    if (event !== undefined) tracker.apply(event);
    expect([...tracker.positions("a")]).toEqual([["p", 0]]);
    expect(tracker.blocksOf("a", 1000)).toEqual([]);
    expect(tracker.hasUnallocatedBlocks).toBe(false);
  });

  test("may be sent again, and the history still holds in the life after that", () => {
    const tracker = trackerAfter(added(0, 0), added(1, 10));
    const event = tracker.lose(() => true);
    if (event !== undefined) tracker.apply(event);
    tracker.apply(added(2, 0));
    expect([...tracker.positions("a")]).toEqual([["p", 10]]);
    expect(() => tracker.apply(added(3, 0))).toThrow("registered in order");
  });

  test("of a batch that nothing will be computed of are no loss", () => {
    const tracker = trackerAfter(added(0, 0), allocated(1000, 0), added(1, 10));
    const event = tracker.lose(() => false);
    expect(event?.streams[0]).toMatchObject({
      blockIds: ["input-a-1-1"],
      positions: [{ partition: "p", next: 10 }],
    });
    expect(trackerAfter(added(0, 0), allocated(1000, 0)).lose(() => false)).toBeUndefined();
  });

  test("leave those that a log holds where they are", () => {
    const tracker = trackerAfter(added(0, 0, { location }), added(1, 10));
    const event = tracker.lose(() => true);
    if (event !== undefined) tracker.apply(event);
    expect(tracker.unallocatedBlocks("a").map(({ id }) => id)).toEqual(["input-a-1-0"]);
    expect([...tracker.positions("a")]).toEqual([["p", 10]]);
  });

  test("without positions are named all the same", () => {
    const { position: _, ...plain } = (added(0, 0) as { block: BlockRecord }).block;
    const event = trackerAfter({ kind: "block_added", block: plain }).lose(() => true);
    expect(event?.streams).toEqual([{ streamUid: "a", blockIds: ["input-a-1-0"], positions: [] }]);
  });

  test("are none where all are logged", () => {
    const tracker = trackerAfter(added(0, 0, { location }), allocated(1000, 0));
    expect(tracker.lose(() => true)).toBeUndefined();
  });
});
