import { once } from "node:events";
import { type AddressInfo, createServer } from "node:net";
import { afterEach, describe, expect, test } from "vitest";
import { Feed, unlimitedRate } from "../../examples/flights/feed.ts";
import { FeedServer } from "../../examples/flights/feed-server.ts";
import { FlightReceiver, totalOfEnd } from "../../examples/flights/flight-receiver.ts";
import type { BlockStore, StoredBlock } from "../../src/core/index.ts";
import {
  type BlockJournal,
  ReceiverTracker,
  volatileDurability,
} from "../../src/receiver/index.ts";
import { ManualClock } from "../../src/testing/manual-clock.ts";

const streamId = 0;
const streamUid = "flights";
const restartDelayMs = 2_000;
const batchTimeMs = 1_000;

const lineAt = (position: number) => `flight ${position}`;

function deferred(): { promise: Promise<void>; resolve: () => void } {
  let resolve = () => {};
  const promise = new Promise<void>((done) => {
    resolve = done;
  });
  return { promise, resolve };
}

async function turnEventLoop(turns: number): Promise<void> {
  for (let turn = 0; turn < turns; turn += 1) await new Promise((resolve) => setImmediate(resolve));
}

/** Keeps blocks in a map. */
function blocksInMemory(): BlockStore & { records(id: string): readonly unknown[] } {
  const blocks = new Map<string, readonly unknown[]>();
  const records = (id: string) => blocks.get(id) ?? [];
  const stored = (id: string): StoredBlock => ({
    id,
    recordCount: records(id).length,
    read: () => Promise.resolve(records(id)),
  });
  return {
    records,
    put: (id, added) => {
      blocks.set(id, added);
      return Promise.resolve(stored(id));
    },
    putBytes: () => Promise.reject(new Error("the receiver stores records")),
    get: (id) => (blocks.has(id) ? stored(id) : undefined),
    remove: (id) => Promise.resolve(void blocks.delete(id)),
    close: () => Promise.resolve(),
  };
}

describe("the flight receiver", () => {
  const closing: (() => Promise<void> | void)[] = [];

  afterEach(async () => {
    for (const close of closing.splice(0).toReversed()) await close();
  });

  function feedOf(total: number): Feed {
    return new Feed({ total, linesPerSecond: unlimitedRate, clock: new ManualClock() });
  }

  async function serve(feed: Feed, port = 0): Promise<FeedServer> {
    const options = { feed, lineAt, clock: new ManualClock(), port, onRefusal: () => {} };
    const server = await FeedServer.listen(options);
    closing.push(() => server.close());
    return server;
  }

  async function receive(port: number, journal?: BlockJournal) {
    const clock = new ManualClock();
    const blocks = blocksInMemory();
    const errors: string[] = [];
    const tracker = new ReceiverTracker({
      clock,
      blocks,
      ...(journal && { durability: { ...volatileDurability, journal } }),
      options: { restartDelayMs },
      events: {
        receiverStarted: () => {},
        receiverError: (info) => void errors.push(info.lastError),
        receiverStopped: (info) => void errors.push(info.lastError),
      },
    });
    const receiver = new FlightReceiver({ port });
    tracker.register({ streamId, streamUid, name: "flights", receiver });
    closing.push(() => tracker.destroy(new Error("the test is over")));
    await tracker.start();
    /** All that is stored, in order. */
    const stored = async () => {
      await tracker.allocate(batchTimeMs);
      return tracker
        .blocksOf(streamUid, batchTimeMs)
        .flatMap(({ record }) => blocks.records(record.id));
    };
    return { clock, errors, stored };
  }

  const all = (total: number) => [
    ...Array.from({ length: total }, (_, position) => lineAt(position)),
    `end\t${total}`,
  ];

  test("stores every flight once and in order, the end of the feed last, and acknowledges all of it", async () => {
    const feed = feedOf(50_000);
    const server = await serve(feed);
    const { errors, stored } = await receive(server.port);
    await server.finished;
    expect(await stored()).toEqual(all(50_000));
    expect(server.linesSent).toBe(50_000);
    expect(errors).toEqual([]);
  });

  test("acknowledges nothing that is not in the journal", async () => {
    const feed = feedOf(100_000);
    const server = await serve(feed);
    const appended = deferred();
    const waiting = deferred();
    await receive(server.port, {
      append: (event) => {
        if (event.kind !== "block_added") return Promise.resolve();
        waiting.resolve();
        return appended.promise;
      },
    });
    await waiting.promise;
    await turnEventLoop(100);
    expect(feed.acknowledged).toBe(0);
    appended.resolve();
    await server.finished;
  });

  test("reads no more than one block ahead while a block is being stored", async () => {
    const server = await serve(feedOf(3_000_000));
    await receive(server.port, {
      append: (event) => (event.kind === "block_added" ? new Promise(() => {}) : Promise.resolve()),
    });
    // Without a limit, these are enough turns to take the whole feed in.
    await turnEventLoop(5_000);
    expect(server.linesSent).toBeLessThan(3_000_000);
  });

  test("goes on where it was when the feeder comes back, also where an acknowledgement was lost", async () => {
    const feed = feedOf(200_000);
    const first = await serve(feed);
    const appended = deferred();
    let blocks = 0;
    const { clock, errors, stored } = await receive(first.port, {
      append: (event) => {
        if (event.kind === "block_added") blocks += 1;
        return blocks < 2 ? Promise.resolve() : appended.promise;
      },
    });
    // The second block is on its way to the journal when the feeder goes away, and gets there afterwards.
    await expect.poll(() => feed.acknowledged).toBeGreaterThan(0);
    await expect.poll(() => blocks).toBe(2);
    const acknowledged = feed.acknowledged;
    await first.close();
    appended.resolve();
    await expect.poll(() => errors).toHaveLength(1);
    // The feeder is not there yet when the receiver is started again.
    await clock.advance(restartDelayMs);
    await expect.poll(() => errors).toHaveLength(2);
    expect(feed.acknowledged).toBe(acknowledged);
    const second = await serve(feed, first.port);
    await clock.advance(restartDelayMs);
    await second.finished;
    expect(await stored()).toEqual(all(200_000));
  });

  test("asks again for what could not be stored", async () => {
    const feed = feedOf(1_000);
    const server = await serve(feed);
    let failures = 0;
    const { clock, errors, stored } = await receive(server.port, {
      append: (event) => {
        if (event.kind !== "block_added" || failures > 0) return Promise.resolve();
        failures += 1;
        return Promise.reject(new Error("the disk is full"));
      },
    });
    await expect.poll(() => errors.join()).toContain("the disk is full");
    expect(feed.acknowledged).toBe(0);
    await clock.advance(restartDelayMs);
    await server.finished;
    expect(await stored()).toEqual(all(1_000));
  });

  test("is started again when the feeder leaves in good order, but before the end", async () => {
    const server = createServer((socket) => socket.end("0\tflight 0\n"));
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    closing.push(() => void server.close());
    const { errors } = await receive((server.address() as AddressInfo).port);
    await expect.poll(() => errors.join()).toContain("before the end of the feed");
  });

  test("tells why it was refused", async () => {
    const feed = feedOf(1_000);
    feed.acknowledge(10);
    const server = await serve(feed);
    const { errors } = await receive(server.port);
    await expect.poll(() => errors.join()).toContain("position 0 was given up");
  });
});

describe("totalOfEnd", () => {
  test("tells the end of a feed from a flight", () => {
    expect(totalOfEnd("end\t300000")).toBe(300_000);
    expect(totalOfEnd("2001-01-01T00:01,33,2176,LAS,PHL")).toBeUndefined();
  });
});
