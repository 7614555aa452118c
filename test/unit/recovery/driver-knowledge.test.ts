import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { decodeCheckpoint, encodeCheckpoint } from "../../../src/checkpoint/index.ts";
import {
  checkpointOf,
  inputStatesOf,
  knowledgeOf,
  type LifeFacts,
} from "../../../src/recovery/checkpoint-content.ts";
import { DriverKnowledge } from "../../../src/recovery/driver-knowledge.ts";
import type { JournalEvent } from "../../../src/recovery/journal-events.ts";
import { journalHistory } from "./journal-history.ts";

const facts: LifeFacts = {
  applicationId: "an id",
  applicationName: "counts",
  configuration: { batchIntervalMs: 1000, defaultParallelism: 2, options: {} },
  epoch: 3,
  graph: { streams: [] },
  journal: { segment: "journal/0000000000-0000000003", offset: 100, sequence: 40 },
  number: 2,
  rates: {},
  writtenAtMs: 9000,
  zeroTimeMs: 0,
};

function knowing(events: readonly JournalEvent[]): DriverKnowledge {
  const knowledge = new DriverKnowledge();
  for (const event of events) knowledge.apply(event);
  return knowledge;
}

const histories = fc.tuple(fc.nat(), fc.nat({ max: 120 }));

/** In whatever order streams were first heard of: it has no meaning. */
function told({ blocks, ...rest }: ReturnType<DriverKnowledge["snapshot"]>) {
  const streams = [...blocks.streams].sort((a, b) => (a.streamUid < b.streamUid ? -1 : 1));
  return { ...rest, blocks: { ...blocks, streams } };
}

describe("what the driver knows", () => {
  test("is the same from a snapshot and the events behind it as from all events", () => {
    fc.assert(
      fc.property(histories, fc.nat(), ([seed, length], at) => {
        const events = journalHistory(seed, length);
        const cut = at % (events.length + 1);
        const resumed = new DriverKnowledge(knowing(events.slice(0, cut)).snapshot());
        for (const event of events.slice(cut)) resumed.apply(event);
        expect(resumed.snapshot()).toEqual(knowing(events).snapshot());
      }),
    );
  });

  test("comes back from a checkpoint as it went into it, and goes on from there as if nothing had been", async () => {
    await fc.assert(
      fc.asyncProperty(histories, fc.nat(), async ([seed, length], at) => {
        const events = journalHistory(seed, length);
        const cut = at % (events.length + 1);
        const known = knowing(events.slice(0, cut)).snapshot();
        const bytes = encodeCheckpoint(checkpointOf(facts, known, {}));
        const ref = known.checkpoint ?? { name: "checkpoints/x", sha256: "", byteCount: 0 };
        const back = knowledgeOf(await decodeCheckpoint(bytes), ref);
        expect(told(back)).toEqual(told({ ...known, checkpoint: ref }));
        const resumed = new DriverKnowledge(back);
        for (const event of events.slice(cut)) resumed.apply(event);
        const all = knowing(events).snapshot();
        const checkpoint = all.checkpoint ?? ref;
        expect(told(resumed.snapshot())).toEqual(told({ ...all, checkpoint }));
      }),
      { numRuns: 60 },
    );
  });

  test("does not change in what was taken out of it", () => {
    const events = journalHistory(5, 60);
    const knowledge = knowing(events.slice(0, 30));
    const before = knowledge.snapshot();
    const copy = structuredClone(before);
    for (const event of events.slice(30)) knowledge.apply(event);
    expect(before).toEqual(copy);
  });

  test("forgets all of a batch that is cleaned, its outputs and its end as well", () => {
    const knowledge = knowing(journalHistory(7, 200));
    const times = knowledge.snapshot().blocks.batches.map(({ batchTimeMs }) => batchTimeMs);
    knowledge.apply({ kind: "batches_cleaned", batchTimesMs: times });
    expect(knowledge.progress).toEqual([]);
    expect(knowledge.snapshot().blocks.batches).toEqual([]);
  });

  test("is that the driver has stopped until it lives again", () => {
    const knowledge = knowing([{ kind: "driver_stopped", atMs: 1 }]);
    expect(knowledge.isStopped).toBe(true);
    const [opened] = journalHistory(1, 1);
    if (opened !== undefined) knowledge.apply(opened);
    expect(knowledge.isStopped).toBe(false);
  });

  test("is of an output that is done, in its batch alone", () => {
    const knowledge = knowing([
      { kind: "batch_allocated", batchTimeMs: 1000, streams: [], inputs: {}, partitions: {} },
      { kind: "output_done", batchTimeMs: 1000, outputUid: "save" },
    ]);
    expect(knowledge.isOutputDone(1000, "save")).toBe(true);
    expect(knowledge.isOutputDone(1000, "print")).toBe(false);
    expect(knowledge.isOutputDone(2000, "save")).toBe(false);
  });
});

describe("a checkpoint", () => {
  test("has what inputs without a receiver know beside the receivers, and gives it back to them alone", () => {
    const known = knowing(journalHistory(3, 50)).snapshot();
    const states = { files: { seen: ["a", "b"] } };
    const checkpoint = checkpointOf(facts, known, states);
    expect(inputStatesOf(checkpoint)).toEqual(states);
    const ref = { name: "", sha256: "", byteCount: 0 };
    const uids = knowledgeOf(checkpoint, ref).blocks.streams.map(({ streamUid }) => streamUid);
    expect(uids).not.toContain("files");
  });

  test("before the first batch says that the last one was at the zero time, and knows of none", () => {
    const zero = { ...facts, zeroTimeMs: 5000 };
    const checkpoint = checkpointOf(zero, knowing([]).snapshot(), {});
    expect(checkpoint.lastAllocatedMs).toBe(5000);
    const ref = { name: "", sha256: "", byteCount: 0 };
    expect(knowledgeOf(checkpoint, ref).blocks.lastAllocatedTimeMs).toBeNull();
  });
});
