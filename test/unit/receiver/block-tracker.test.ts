import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { BlockEvent, BlockRecord } from "../../../src/receiver/block-events.ts";
import { ReceivedBlockTracker } from "../../../src/receiver/block-tracker.ts";
import { blocksIn, emptyTrackerState, segmentsOf } from "../../../src/receiver/tracker-state.ts";
import { throughBytes } from "./memory-log.ts";

const uids = ["a", "b", "__proto__"];

const step = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({
      kind: fc.constant("add" as const),
      streamUid: fc.constantFrom(...uids),
      partition: fc.constantFrom(undefined, "0", "1"),
      isLogged: fc.boolean(),
    }),
  },
  {
    weight: 3,
    arbitrary: fc.record({ kind: fc.constant("allocate" as const), pin: fc.anything() }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant("clean" as const), back: fc.nat(3) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant("lose" as const), back: fc.nat(3) }) },
  {
    weight: 1,
    arbitrary: fc.record({
      kind: fc.constant("start" as const),
      streamUid: fc.constantFrom(...uids),
    }),
  },
);

type Step = typeof step extends fc.Arbitrary<infer S> ? S : never;

/** The events of a driver that these steps happen to. */
function historyOf(steps: readonly Step[]): BlockEvent[] {
  const tracker = new ReceivedBlockTracker();
  const events: BlockEvent[] = [];
  const take = (event: BlockEvent | undefined) => {
    if (event === undefined) return;
    tracker.apply(event);
    events.push(event);
  };
  let batchTimeMs = 0;
  steps.forEach((next, n) => {
    switch (next.kind) {
      case "add":
        take({ kind: "block_added", block: nextBlock(tracker, next, n) });
        return;
      case "allocate":
        batchTimeMs += 1000;
        take(tracker.allocate(batchTimeMs, { inputs: { files: n }, partitions: { count: n } }));
        return;
      case "clean":
        take(tracker.cleanup(batchTimeMs - next.back * 1000));
        return;
      case "lose":
        take(tracker.lose((timeMs) => timeMs > batchTimeMs - next.back * 1000));
        return;
      case "start":
        take(tracker.nextReceiverStart(next.streamUid));
    }
  });
  return events;
}

function nextBlock(
  tracker: ReceivedBlockTracker,
  { isLogged, partition, streamUid }: Extract<Step, { kind: "add" }>,
  n: number,
): BlockRecord {
  const from = partition === undefined ? 0 : (tracker.positions(streamUid).get(partition) ?? n);
  return {
    id: `input-${streamUid}-1-${n}`,
    streamUid,
    recordCount: 2,
    receiverStart: tracker.receiverStart(streamUid),
    form: "records",
    ...(partition === undefined ? {} : { position: { partition, from, until: from + 2 } }),
    ...(isLogged && {
      location: { segment: `blocks/${n % 3}`, offset: n, length: 5, checksum: 7 },
    }),
  };
}

function foldOf(events: readonly BlockEvent[], state = emptyTrackerState): ReceivedBlockTracker {
  const tracker = new ReceivedBlockTracker(state);
  for (const event of events) tracker.apply(event);
  return tracker;
}

describe("a snapshot of the tracker", () => {
  test("and the events after it give the same knowledge and decisions as all events, wherever it was taken", () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 40 }), (steps) => {
        const events = historyOf(steps);
        const whole = foldOf(events);
        const expected = whole.snapshot();
        for (let k = 0; k <= events.length; k += 1) {
          const before = throughBytes(foldOf(events.slice(0, k)).snapshot());
          const resumed = foldOf(events.slice(k), before);
          expect(resumed.snapshot()).toEqual(expected);
          expect(resumed.allocate(1e9)).toEqual(whole.allocate(1e9));
          expect(resumed.cleanup(1e9)).toEqual(whole.cleanup(1e9));
          expect(resumed.lose(() => true)).toEqual(whole.lose(() => true));
          for (const uid of uids) {
            expect([...resumed.positions(uid)]).toEqual([...whole.positions(uid)]);
            expect(resumed.nextReceiverStart(uid)).toEqual(whole.nextReceiverStart(uid));
          }
        }
      }),
      { numRuns: 60 },
    );
  });

  test("does not change with what happens after it", () => {
    const tracker = new ReceivedBlockTracker();
    const add = (n: number) => {
      const next = { kind: "add", streamUid: "a", partition: "0", isLogged: false } as const;
      tracker.apply({ kind: "block_added", block: nextBlock(tracker, next, n) });
    };
    add(0);
    const snapshot = tracker.snapshot();
    const copy = structuredClone(snapshot);
    add(1);
    const allocated = tracker.allocate(1000);
    if (allocated !== undefined) tracker.apply(allocated);
    const lost = tracker.lose(() => true);
    if (lost !== undefined) tracker.apply(lost);
    expect(snapshot).toEqual(copy);
  });

  test("names the blocks that are known, and the segments that hold them", () => {
    const [first, second, third] = [0, 1, 2].map((n) => ({
      kind: "block_added" as const,
      block: {
        ...nextBlock(
          new ReceivedBlockTracker(),
          { kind: "add", streamUid: "a", partition: undefined, isLogged: n !== 2 },
          n,
        ),
      },
    }));
    if (!first || !second || !third) throw new Error("there are three");
    const tracker = foldOf([first]);
    const allocated = tracker.allocate(1000, { inputs: {}, partitions: {} });
    if (allocated !== undefined) tracker.apply(allocated);
    tracker.apply(second);
    tracker.apply(third);
    const state = tracker.snapshot();
    expect([...blocksIn(state)].map(({ id }) => id)).toEqual([
      "input-a-1-1",
      "input-a-1-2",
      "input-a-1-0",
    ]);
    expect([...segmentsOf(state)].sort()).toEqual(["blocks/0", "blocks/1"]);
  });
});

describe("an allocation", () => {
  test("keeps the pins of inputs and the numbers of partitions with the blocks, in one event", () => {
    const tracker = new ReceivedBlockTracker();
    const pins = { inputs: { files: ["x"] }, partitions: { counts: 4 } };
    const event = tracker.allocate(1000, pins);
    expect(event).toEqual({ kind: "batch_allocated", batchTimeMs: 1000, streams: [], ...pins });
    if (event !== undefined) tracker.apply(event);
    expect(tracker.pinsOf(1000)).toMatchObject(pins);
    expect(tracker.pinsOf(2000)).toBeUndefined();
    tracker.apply({ kind: "batches_cleaned", batchTimesMs: [1000] });
    expect(tracker.pinsOf(1000)).toBeUndefined();
  });
});
