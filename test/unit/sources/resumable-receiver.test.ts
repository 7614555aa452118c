import fc from "fast-check";
import { afterEach, beforeEach, expect, test } from "vitest";
import {
  fromResumable,
  type PositionedRecord,
  type ResumableSource,
} from "../../../src/sources/index.ts";
import { SourceFixture, settle, until } from "./source-fixture.ts";

let fixture: SourceFixture;

beforeEach(() => {
  fixture = new SourceFixture();
});

afterEach(() => fixture.stop());

/** A source of records r0, r1, ... which notes what is asked of it. */
class Feed implements ResumableSource<string> {
  readonly opened: number[] = [];
  readonly acknowledged: number[] = [];
  yielded = 0;
  /** Where a reading breaks off, the first time that it comes there. */
  readonly breaks: Set<number>;
  readonly count: number;

  constructor(count: number, breaks: readonly number[] = []) {
    this.count = count;
    this.breaks = new Set(breaks);
  }

  async *open(from: number): AsyncGenerator<PositionedRecord<string>> {
    this.opened.push(from);
    for (let position = from; position < this.count; position += 1) {
      if (this.breaks.delete(position)) throw new Error(`broken off at ${position}`);
      this.yielded += 1;
      yield { position, record: `r${position}` };
      if (position % 3 === 0) await settle();
    }
  }

  acknowledge(until: number): void | Promise<void> {
    this.acknowledged.push(until);
  }
}

const records = (count: number) => Array.from({ length: count }, (_, index) => `r${index}`);

test("records come in blocks of the size that is set, the last one of what is left", async () => {
  const feed = new Feed(25);
  await fixture.start(fromResumable(feed, { blockRecordsMax: 10, clock: fixture.clock }));
  await until(() => feed.acknowledged.at(-1) === 25);
  const blocks = await fixture.openBatch();
  expect(blocks.map(({ length }) => length)).toEqual([10, 10, 5]);
  expect(blocks.flat()).toEqual(records(25));
  expect(feed.acknowledged).toEqual([10, 20, 25]);
});

test("a block that is not full is stored when its first record has waited for the interval", async () => {
  const source: ResumableSource<string> = {
    async *open() {
      yield { position: 0, record: "waits" };
      await new Promise(() => {});
    },
  };
  await fixture.start(fromResumable(source, { blockIntervalMs: 300, clock: fixture.clock }));
  expect(await fixture.batch()).toEqual([]);
  await fixture.clock.advance(100);
  expect(await fixture.batch()).toEqual(["waits"]);
});

test("after a failure the source is opened where the stored records end", async () => {
  const feed = new Feed(20, [7, 13]);
  await fixture.start(fromResumable(feed, { blockRecordsMax: 5, clock: fixture.clock }));
  const received: unknown[] = [];
  await until(async () => {
    await fixture.clock.advance(500);
    received.push(...(await fixture.batch()));
    return received.length >= 20;
  });
  expect(received).toEqual(records(20));
  expect(fixture.ends).toEqual([
    "the source failed: broken off at 7",
    "the source failed: broken off at 13",
  ]);
  expect(feed.opened).toHaveLength(3);
});

test("records that were read before the source failed are stored while the receiver ends", async () => {
  const feed = new Feed(10, [7]);
  await fixture.start(fromResumable(feed, { blockRecordsMax: 100, clock: fixture.clock }));
  await until(() => fixture.ends.length === 1);
  expect(await fixture.batch()).toEqual(records(7));
  await fixture.clock.advance(2000);
  expect(feed.opened).toEqual([0, 7]);
});

test("a graceful stop stores what was read", async () => {
  const source: ResumableSource<string> = {
    async *open(from, signal) {
      yield { position: from, record: "read" };
      await new Promise((resolve) => signal.addEventListener("abort", resolve));
    },
  };
  await fixture.start(fromResumable(source, { clock: fixture.clock }));
  await settle();
  await fixture.stop();
  expect(await fixture.batch()).toEqual(["read"]);
});

test("records before the asked position are left out, also those that a block has in part", async () => {
  const source: ResumableSource<string> = {
    partition: "pages",
    from: 12,
    // It can begin only where its pages do.
    *open(from) {
      const page = from - (from % 10);
      for (let position = page; position < 25; position += 1) {
        yield { position, record: `r${position}` };
      }
    },
  };
  let isFirst = true;
  fixture.blocks.gate = async () => {
    if (!isFirst) return;
    isFirst = false;
    throw new Error("once");
  };
  await fixture.start(fromResumable(source, { blockRecordsMax: 5, clock: fixture.clock }));
  await fixture.clock.advance(2000);
  const received = await fixture.batchesUntil(15);
  // Nothing was registered when it was first opened, so it began where the source did.
  expect(received).toEqual(Array.from({ length: 15 }, (_, index) => `r${index + 10}`));
});

test("a position that is left out, and one that is none, are refused and the source is opened again", async () => {
  let positions = [5, 6, 8];
  const opened: number[] = [];
  const source: ResumableSource<number> = {
    *open(from) {
      opened.push(from);
      for (const position of positions) yield { position, record: position };
    },
  };
  await fixture.start(fromResumable(source, { clock: fixture.clock }));
  await until(() => fixture.ends.length === 1);
  expect(fixture.ends[0]).toContain("position_gap");
  expect(await fixture.batch()).toEqual([5, 6]);
  positions = [7, 7.5];
  await fixture.clock.advance(2000);
  await until(() => fixture.ends.length === 2);
  expect(fixture.ends[1]).toContain("position_invalid");
  positions = [9];
  await fixture.clock.advance(2000);
  await until(() => fixture.ends.length === 3);
  expect(fixture.ends[2]).toContain("the source failed: source positions are missing");
  positions = [8, 9];
  await fixture.clock.advance(2000);
  expect(await fixture.batchesUntil(3)).toEqual([7, 8, 9]);
  expect(opened).toEqual([0, 7, 8, 8]);
});

test("a source that goes back yields nothing twice", async () => {
  const source: ResumableSource<number> = {
    *open() {
      for (const position of [0, 1, 0, 1, 2, 2, 3]) yield { position, record: position };
    },
  };
  await fixture.start(fromResumable(source, { clock: fixture.clock }));
  expect(await fixture.batchesUntil(4)).toEqual([0, 1, 2, 3]);
  expect(fixture.ends).toEqual([]);
});

test("while a block is being stored no more than the next one is read", async () => {
  const feed = new Feed(1000);
  let open = () => {};
  const gate = new Promise<void>((resolve) => {
    open = resolve;
  });
  fixture.blocks.gate = () => gate;
  await fixture.start(fromResumable(feed, { blockRecordsMax: 10, clock: fixture.clock }));
  for (let round = 0; round < 50; round += 1) await settle();
  expect(feed.yielded).toBe(20);
  expect(feed.acknowledged).toEqual([]);
  open();
  expect(await fixture.batchesUntil(1000)).toEqual(records(1000));
});

test("a tick does not wait for room that only a later batch makes", async () => {
  const feed = new Feed(30);
  const receiver = fromResumable(feed, { blockRecordsMax: 10, clock: fixture.clock });
  await fixture.start(receiver, { unprocessedRecordsMax: 10 });
  expect(await fixture.batchesUntil(30)).toEqual(records(30));
});

test("after its end the receiver stays started and quiet", async () => {
  const feed = new Feed(3);
  await fixture.start(fromResumable(feed, { clock: fixture.clock }));
  await until(() => feed.acknowledged.length === 1);
  await fixture.clock.advance(60_000);
  expect([fixture.starts, fixture.ends, feed.opened]).toEqual([1, [], [0]]);
});

test("an acknowledgement that fails restarts the receiver; its records are not stored twice", async () => {
  const feed = new Feed(6);
  let failures = 1;
  feed.acknowledge = async (until) => {
    if (failures-- > 0) throw new Error("the source has gone");
    feed.acknowledged.push(until);
  };
  await fixture.start(fromResumable(feed, { blockRecordsMax: 4, clock: fixture.clock }));
  await until(() => fixture.ends.length === 1);
  await fixture.clock.advance(2000);
  expect(await fixture.batchesUntil(6)).toEqual(records(6));
  expect(feed.opened).toEqual([0, 4]);
});

test("whatever fails and whenever, each record comes exactly once and in order", async () => {
  const anyRun = fc.record({
    count: fc.nat({ max: 60 }),
    breaks: fc.array(fc.nat({ max: 60 }), { maxLength: 5 }),
    failedPuts: fc.array(fc.nat({ max: 20 }), { maxLength: 5 }),
    failedAcknowledgements: fc.array(fc.nat({ max: 10 }), { maxLength: 3 }),
    blockRecordsMax: fc.integer({ min: 1, max: 20 }),
    unprocessedRecordsMax: fc.integer({ min: 5, max: 100 }),
  });
  await fc.assert(
    fc.asyncProperty(anyRun, async (run) => {
      fixture = new SourceFixture();
      const feed = new Feed(run.count, run.breaks);
      let acknowledgements = 0;
      feed.acknowledge = () => {
        if (run.failedAcknowledgements.includes(acknowledgements++)) throw new Error("gone");
      };
      let puts = 0;
      fixture.blocks.gate = async () => {
        await settle();
        if (run.failedPuts.includes(puts++)) throw new Error("full");
      };
      const { blockRecordsMax, unprocessedRecordsMax } = run;
      const receiver = fromResumable(feed, { blockRecordsMax, clock: fixture.clock });
      await fixture.start(receiver, { unprocessedRecordsMax });
      const received: unknown[] = [];
      // Every failure costs a pause of two seconds at most.
      for (let round = 0; round < 100 && received.length < run.count; round += 1) {
        await fixture.clock.advance(1000);
        received.push(...(await fixture.batch()));
      }
      received.push(...(await fixture.batch()));
      expect(received).toEqual(records(run.count));
      await fixture.stop();
    }),
    { numRuns: 40 },
  );
});

test("arguments that are not what they must be are refused at the call", () => {
  const open = () => [];
  expect(() => fromResumable({ open, from: 1.5 })).toThrow(/argument_invalid/);
  expect(() => fromResumable({ open: undefined as unknown as typeof open })).toThrow(
    /argument_invalid/,
  );
  expect(() => fromResumable(new Feed(1), { blockRecordsMax: 0 })).toThrow(/argument_invalid/);
  expect(() => fromResumable(new Feed(1), { blockIntervalMs: -1 })).toThrow(/argument_invalid/);
});
