import { afterEach, describe, expect, test } from "vitest";
import { Feed, unlimitedRate } from "../../examples/flights/feed.ts";
import { FeedServer } from "../../examples/flights/feed-server.ts";
import { ManualClock } from "../../src/testing/manual-clock.ts";
import { FeedClient } from "./feed-client.ts";

function pacedFeed(clock: ManualClock, total: number, linesPerSecond: number): Feed {
  return new Feed({ total, linesPerSecond, clock });
}

describe("a feed", () => {
  test("makes lines due by time alone, the end after the last of them", async () => {
    const clock = new ManualClock();
    const feed = pacedFeed(clock, 100, 10);
    expect(feed.dueUntil).toBe(1);
    expect(feed.msUntilDue(5)).toBe(500);
    await clock.advance(499);
    expect(feed.dueUntil).toBe(5);
    await clock.advance(1);
    expect(feed.dueUntil).toBe(6);
    await clock.advance(9_499);
    expect(feed.dueUntil).toBe(100);
    await clock.advance(1);
    expect(feed.dueUntil).toBe(101);
    await clock.advance(60_000);
    expect(feed.dueUntil).toBe(101);
  });

  test("without a rate has everything due at once", () => {
    expect(pacedFeed(new ManualClock(), 100, unlimitedRate).dueUntil).toBe(101);
  });

  test("is finished when the end is acknowledged too", () => {
    const feed = pacedFeed(new ManualClock(), 100, unlimitedRate);
    feed.acknowledge(100);
    expect(feed.isFinished).toBe(false);
    feed.acknowledge(101);
    expect(feed.isFinished).toBe(true);
  });

  test("gives up nothing that is not acknowledged, and resumes at nothing that it gave up", () => {
    const feed = pacedFeed(new ManualClock(), 100, unlimitedRate);
    feed.acknowledge(40);
    feed.acknowledge(30);
    expect(feed.acknowledged).toBe(40);
    expect(feed.resumeAt(39)).toBe("position 39 was given up: everything below 40 is acknowledged");
    expect(feed.resumeAt(40)).toBeUndefined();
    expect(feed.acknowledged).toBe(40);
  });

  test("takes a receiver's position as the acknowledgement that was lost", () => {
    const feed = pacedFeed(new ManualClock(), 100, unlimitedRate);
    expect(feed.resumeAt(60)).toBeUndefined();
    expect(feed.acknowledged).toBe(60);
    expect(feed.resumeAt(101)).toBeUndefined();
    expect(feed.resumeAt(102)).toBe("position 102 does not exist: the feed ends at 100");
  });

  test("refuses a rate that feeds nothing", () => {
    for (const rate of [0, -1, Number.NaN]) {
      expect(() => pacedFeed(new ManualClock(), 1, rate)).toThrow(RangeError);
    }
  });
});

describe("the feed's server", () => {
  const servers: FeedServer[] = [];
  const clients: FeedClient[] = [];

  afterEach(async () => {
    for (const client of clients.splice(0)) client.destroy();
    for (const server of servers.splice(0)) await server.close();
  });

  const lineAt = (position: number) => `line ${position}`;

  async function serve(options: { total: number; rate?: number }) {
    const clock = new ManualClock();
    const feed = pacedFeed(clock, options.total, options.rate ?? unlimitedRate);
    const refusals: string[] = [];
    const onRefusal = (reason: string) => void refusals.push(reason);
    const server = await FeedServer.listen({ feed, lineAt, clock, port: 0, onRefusal });
    servers.push(server);
    return { clock, feed, server, refusals };
  }

  async function receive(server: FeedServer, from: number): Promise<FeedClient> {
    const client = await FeedClient.from(server.port, from);
    clients.push(client);
    return client;
  }

  async function connect(server: FeedServer): Promise<FeedClient> {
    const client = await FeedClient.connect(server.port);
    clients.push(client);
    return client;
  }

  test("sends everything from the position that is asked for, then the end, and finishes once that is acknowledged", async () => {
    const { feed, server } = await serve({ total: 50_000 });
    const client = await receive(server, 0);
    expect(await client.haveLast()).toEqual({ kind: "end", total: 50_000 });
    expect([...client.lines.keys()]).toEqual(Array.from({ length: 50_000 }, (_, index) => index));
    expect([...client.lines].every(([position, text]) => text === lineAt(position))).toBe(true);
    expect(feed.acknowledged).toBe(0);
    client.acknowledge(50_001);
    await server.finished;
    await client.closed();
  });

  test("sends again from where a new connection asks, as long as that is not acknowledged", async () => {
    const { server } = await serve({ total: 1_000 });
    const first = await receive(server, 0);
    await first.haveLast();
    first.destroy();
    const second = await receive(server, 0);
    await second.haveLast();
    expect(second.lines.size).toBe(1_000);
    expect(server.linesSent).toBe(2_000);
    expect(server.receivers).toBe(2);
  });

  test("refuses to go back behind what was acknowledged", async () => {
    const { feed, server, refusals } = await serve({ total: 1_000 });
    const first = await receive(server, 0);
    await first.haveLast();
    first.acknowledge(600);
    await expect.poll(() => feed.acknowledged).toBe(600);
    const second = await receive(server, 599);
    expect(await second.haveLast()).toMatchObject({ kind: "refused" });
    await second.closed();
    expect(refusals).toHaveLength(1);
  });

  test("keeps serving a receiver while another one is refused", async () => {
    const { server } = await serve({ total: 10 });
    const good = await receive(server, 5);
    await good.haveLast();
    const bad = await receive(server, 4);
    await bad.haveLast();
    good.acknowledge(11);
    await server.finished;
  });

  test("replaces a receiver by a newer one when that has said where it goes on, and not before", async () => {
    const { server } = await serve({ total: 100, rate: 1 });
    const older = await receive(server, 0);
    await older.haveLines(1);
    const newer = await connect(server);
    expect(server.receivers).toBe(1);
    newer.say("from\t0\n");
    newer.listen(0);
    await older.closed();
    await newer.haveLines(1);
    expect(server.receivers).toBe(2);
  });

  test.each([
    ["a greeting of another protocol", "GET / HTTP/1.1\r\n", "a frame without a tab at byte 0"],
    ["a greeting that does not end", "x".repeat(100), "a frame longer than 32 bytes at byte 0"],
    ["a position beyond the end", "from\t12\n", "position 12 does not exist"],
    [
      "an acknowledgement of what was never sent",
      "from\t0\nack\t12\n",
      "position 12 is acknowledged, and 11",
    ],
    ["a greeting that comes twice", "from\t0\nfrom\t0\n", 'a frame that is not "ack" at byte 7'],
  ])("refuses %s and gives up nothing for it", async (_, greeting, reason) => {
    const { feed, server, refusals } = await serve({ total: 10 });
    const client = await connect(server);
    client.listen(0);
    client.say(greeting);
    await client.closed();
    expect(client.last).toMatchObject({ kind: "refused", reason: expect.stringContaining(reason) });
    expect(refusals).toHaveLength(1);
    expect(feed.acknowledged).toBe(0);
    const next = await receive(server, 0);
    expect(await next.haveLast()).toEqual({ kind: "end", total: 10 });
  });

  test("does not wait for a greeting for ever", async () => {
    const { clock, server, refusals } = await serve({ total: 10 });
    const client = await connect(server);
    client.listen(0);
    await expect.poll(() => clock.pendingTimers).toBe(1);
    await clock.advance(10_000);
    expect(await client.haveLast()).toMatchObject({ kind: "refused" });
    expect(refusals).toEqual(["it did not say from where"]);
  });

  test("sends at its rate what falls due, and nothing early", async () => {
    const { clock, server } = await serve({ total: 1_000, rate: 100 });
    const client = await receive(server, 0);
    await client.haveLines(1);
    await clock.advance(1_000);
    await client.haveLines(101);
    expect(server.linesSent).toBe(101);
    expect(client.lines.size).toBe(101);
    await clock.advance(9_000);
    expect(await client.haveLast()).toEqual({ kind: "end", total: 1_000 });
  });

  test("keeps its pace while nobody is connected: what fell due meanwhile waits", async () => {
    const { clock, server } = await serve({ total: 1_000, rate: 100 });
    const first = await receive(server, 0);
    await first.haveLines(1);
    first.acknowledge(1);
    first.destroy();
    await expect.poll(() => clock.pendingTimers).toBe(0);
    await clock.advance(5_000);
    expect(server.linesSent).toBe(1);
    const second = await receive(server, 1);
    await second.haveLines(500);
    expect([...second.lines.keys()].at(-1)).toBe(500);
    expect(server.linesSent).toBe(501);
  });

  test("makes no more lines than a receiver takes", async () => {
    const { server } = await serve({ total: 3_000_000 });
    const client = await connect(server);
    client.say("from\t0\n");
    // It does not read. When the server has time for another one, it has sent what the buffers hold.
    await expect.poll(() => server.linesSent).toBeGreaterThan(0);
    const refused = await receive(server, 3_000_002);
    await refused.haveLast();
    expect(server.linesSent).toBeLessThan(3_000_000);
  });
});
