import { Readable } from "node:stream";
import { afterEach, beforeEach, expect, test } from "vitest";
import type { Clock } from "../../../src/base/index.ts";
import { fromIterable } from "../../../src/sources/index.ts";
import { gate } from "../context/driven-context.ts";
import { SourceFixture, settle, until } from "./source-fixture.ts";

let fixture: SourceFixture;

beforeEach(() => {
  fixture = new SourceFixture();
});

afterEach(() => fixture.stop());

/** Yields these, and then throws if it is told what. */
async function* yielding<T>(records: readonly T[], error?: Error): AsyncGenerator<T> {
  for (const record of records) {
    await settle();
    yield record;
  }
  if (error !== undefined) throw error;
}

/** Yields 0, 1, 2 ... and notes how far it came and whether it was closed. */
class Counting implements AsyncIterable<number> {
  yielded = 0;
  isClosed = false;

  async *[Symbol.asyncIterator](): AsyncGenerator<number> {
    try {
      for (;;) yield this.yielded++;
    } finally {
      this.isClosed = true;
    }
  }
}

test("the records of an array, a generator and an asynchronous generator come in order, once", async () => {
  for (const source of [[1, 2, 3], new Set([1, 2, 3]), yielding([1, 2, 3])]) {
    fixture = new SourceFixture();
    await fixture.start(fromIterable(source));
    expect(await fixture.batchesUntil(3)).toEqual([1, 2, 3]);
    await fixture.stop();
  }
});

test("a Readable of objects and a ReadableStream are iterables like others", async () => {
  for (const source of [Readable.from([{ a: 1 }, 2]), ReadableStream.from([{ a: 1 }, 2])]) {
    fixture = new SourceFixture();
    await fixture.start(fromIterable(source));
    expect(await fixture.batchesUntil(2)).toEqual([{ a: 1 }, 2]);
    await fixture.stop();
  }
});

test("after its end the receiver stays started and quiet, and is not opened again by a restart", async () => {
  let opened = 0;
  const open = () => {
    opened += 1;
    return yielding(["only"]);
  };
  await fixture.start(fromIterable(open), { blockIntervalMs: 1000 });
  await until(() => fixture.tracker.unprocessedRecords === 1);
  for (let round = 0; round < 10; round += 1) await settle();
  expect(fixture.ends).toEqual([]);
  fixture.blocks.gate = () => Promise.reject(new Error("no room"));
  await fixture.clock.advance(1000);
  await until(() => fixture.ends.length === 1);
  await fixture.clock.advance(2000);
  expect(fixture.starts).toBe(2);
  await fixture.clock.advance(10_000);
  expect([opened, fixture.starts]).toEqual([1, 2]);
});

test("given by a function, it is opened again after the delay when it fails", async () => {
  const sources = [yielding([1, 2], new Error("lost the thread")), yielding([3])];
  await fixture.start(fromIterable(() => sources.shift() ?? []));
  await until(() => fixture.ends.length === 1);
  expect(fixture.ends).toEqual(["the source failed: lost the thread"]);
  await fixture.clock.advance(1999);
  expect(sources).toHaveLength(1);
  await fixture.clock.advance(1);
  expect(await fixture.batchesUntil(3)).toEqual([1, 2, 3]);
});

test("a function that fails to open is called again after the delay", async () => {
  let calls = 0;
  const open = async () => {
    calls += 1;
    if (calls < 3) throw new Error("not yet");
    return ["open"];
  };
  await fixture.start(fromIterable(open));
  await fixture.clock.advance(4000);
  expect(await fixture.batchesUntil(1)).toEqual(["open"]);
  expect(fixture.ends).toEqual(["the source failed: not yet", "the source failed: not yet"]);
});

test("one that cannot be opened again and fails is reported, and its records end there", async () => {
  await fixture.start(fromIterable(yielding([1, 2], new Error("lost the thread"))));
  expect(await fixture.batchesUntil(2)).toEqual([1, 2]);
  await until(() => fixture.errors.length === 1);
  expect(fixture.errors).toEqual([expect.stringContaining("lost the thread")]);
  expect(fixture.errors).toEqual([expect.stringContaining("[source_failed]")]);
  await fixture.clock.advance(10_000);
  expect([fixture.starts, fixture.ends]).toEqual([1, []]);
});

test("one that cannot be opened again ends, reported once, when a block is lost and the receiver restarts", async () => {
  const source = new Counting();
  await fixture.start(fromIterable(source), { unprocessedRecordsMax: 10 });
  fixture.blocks.gate = () => Promise.reject(new Error("no room"));
  await fixture.clock.advance(200);
  await until(() => fixture.ends.length === 1);
  expect(source.isClosed).toBe(true);
  await fixture.clock.advance(60_000);
  expect(fixture.starts).toBe(2);
  const ofSource = fixture.errors.filter((message) => !message.includes("[block_not_stored]"));
  expect(ofSource).toEqual([expect.stringContaining("[source_not_reopenable]")]);
});

test("an endless iterable is asked for no more than may be unprocessed", async () => {
  const source = new Counting();
  await fixture.start(fromIterable(source), { unprocessedRecordsMax: 100 });
  await until(() => fixture.tracker.unprocessedRecords === 100);
  for (let round = 0; round < 20; round += 1) await settle();
  // One record is in its hands, and waits.
  expect(source.yielded).toBe(101);
  expect(await fixture.batch()).toEqual(Array.from({ length: 100 }, (_, index) => index));
  await until(() => source.yielded === 201);
});

test("the rate limit slows an iterable down", async () => {
  const source = new Counting();
  await fixture.start(fromIterable(source), { maxRate: 10 });
  await fixture.clock.advance(1000);
  expect(source.yielded).toBeLessThan(15);
});

test("an endless synchronous iterable lets the event loop turn between slices", async () => {
  let turned = false;
  function* endless(): Generator<number> {
    setImmediate(() => {
      turned = true;
    });
    for (let index = 0; !turned; index += 1) yield index;
  }
  let elapsedMs = 0;
  const clock: Clock = {
    now: () => fixture.clock.now(),
    // Every time that it is asked, time has gone by.
    monotonicNow: () => (elapsedMs += 5),
    setTimer: (delayMs, fire) => fixture.clock.setTimer(delayMs, fire),
    yieldToEventLoop: () => fixture.clock.yieldToEventLoop(),
  };
  await fixture.start(fromIterable(endless(), { clock }));
  await until(() => turned);
  expect(fixture.tracker.unprocessedRecords).toBeLessThan(1000);
});

test("stopping closes the iterable, whether it waits for its source or for room", async () => {
  const waitingForRoom = new Counting();
  await fixture.start(fromIterable(waitingForRoom), { unprocessedRecordsMax: 1 });
  await until(() => waitingForRoom.yielded === 2);
  await fixture.stop();
  await until(() => waitingForRoom.isClosed);

  fixture = new SourceFixture();
  const waitingReadable = new Readable({ objectMode: true, read: () => {} });
  await fixture.start(fromIterable(waitingReadable));
  await fixture.stop();
  await until(() => waitingReadable.destroyed);

  fixture = new SourceFixture();
  let cancelled = false;
  const waitingStream = new ReadableStream({
    cancel: () => {
      cancelled = true;
    },
  });
  await fixture.start(fromIterable(waitingStream));
  await fixture.stop();
  await until(() => cancelled);
  expect(fixture.errors).toEqual([]);
});

test("an iterable that is opened while the receiver stops is closed at once", async () => {
  let open = (_: AsyncIterable<number>) => {};
  const opening = new Promise<AsyncIterable<number>>((resolve) => {
    open = resolve;
  });
  let closed = 0;
  const watched: AsyncIterable<number> = {
    [Symbol.asyncIterator]: () => ({
      next: () => new Promise(() => {}),
      return: async () => {
        closed += 1;
        return { done: true, value: undefined };
      },
    }),
  };
  await fixture.start(fromIterable(() => opening));
  await fixture.stop();
  open(watched);
  await until(() => closed === 1);
});

test("what cannot be iterated is refused: as it is at the call, from a function by a report", async () => {
  for (const source of [undefined, null, 7, "text", {}]) {
    expect(() => fromIterable(source as Iterable<unknown>)).toThrow(/argument_invalid/);
  }
  await fixture.start(fromIterable(() => ({}) as Iterable<unknown>));
  expect(fixture.ends).toEqual([expect.stringContaining("[argument_invalid]")]);
});

test("the record that waits under the rate limit at a graceful stop is not lost", async () => {
  const source = new Counting();
  await fixture.start(fromIterable(source), { maxRate: 100 });
  await fixture.clock.advance(450);
  const records = await fixture.batch();
  await settle();
  await fixture.stop();
  expect([...records, ...(await fixture.batch())]).toHaveLength(source.yielded);
});

test("a record that there is no room for at a graceful stop is reported", async () => {
  await fixture.start(fromIterable(new Counting()), { unprocessedRecordsMax: 50 });
  await fixture.clock.advance(450);
  await fixture.stop();
  expect(fixture.errors).toEqual(["a record is lost"]);
});

test("a record that comes while the receiver stops is not lost", async () => {
  const { open, opened } = gate();
  const source = (async function* () {
    yield 1;
    await opened;
    yield 2;
  })();
  const receiver = fromIterable(source);
  const onStop = async () => {
    open();
    await settle();
  };
  Object.assign(receiver, { onStop });
  await fixture.start(receiver);
  await fixture.stop();
  expect(await fixture.batch()).toEqual([1, 2]);
});
