import { type ChildProcess, fork, spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { afterEach, describe, expect, test } from "vitest";
import { loadFlights } from "../../examples/flights/dataset.ts";
import { FeedClient } from "./feed-client.ts";

const feederPath = fileURLToPath(new URL("../../examples/flights/feeder.ts", import.meta.url));

/** The lines of JSON that the feeder prints, parsed. */
async function* eventsOf(feeder: ChildProcess): AsyncGenerator<Record<string, unknown>> {
  if (feeder.stdout === null) throw new Error("the feeder has no standard output");
  for await (const line of createInterface({ input: feeder.stdout })) yield JSON.parse(line);
}

describe("the feeder", () => {
  const feeders: ChildProcess[] = [];
  const clients: FeedClient[] = [];

  afterEach(() => {
    for (const client of clients.splice(0)) client.destroy();
    for (const feeder of feeders.splice(0)) feeder.kill("SIGKILL");
  });

  async function start(...options: string[]) {
    const feeder = spawn(process.execPath, [feederPath, ...options], {
      stdio: ["ignore", "pipe", "pipe"],
    });
    feeders.push(feeder);
    const exited = once(feeder, "exit");
    const events = eventsOf(feeder);
    const listening = (await events.next()).value;
    return { exited, events, listening, port: Number(listening?.port) };
  }

  async function receive(port: number, from: number): Promise<FeedClient> {
    const client = await FeedClient.from(port, from);
    clients.push(client);
    return client;
  }

  test("feeds the flights in order through broken connections, and ends when all are acknowledged", async () => {
    const { exited, events, listening, port } = await start("--flights", "20000");
    expect(listening).toEqual({ event: "listening", port, flights: 20_000 });

    const first = await receive(port, 0);
    await first.haveLines(5_000);
    first.acknowledge(3_000);
    first.destroy();
    const second = await receive(port, 4_000);
    await second.haveLines(2_000);
    second.destroy();
    const third = await receive(port, 6_000);
    expect(await third.haveLast()).toEqual({ kind: "end", total: 20_000 });
    third.acknowledge(20_001);

    expect((await events.next()).value).toMatchObject({
      event: "done",
      flights: 20_000,
      receivers: 3,
    });
    expect(await exited).toEqual([0, null]);
    const received = new Map([...first.lines, ...second.lines, ...third.lines]);
    const dataset = await loadFlights({ flights: 20_000 });
    expect(received.size).toBe(20_000);
    expect([...received].filter(([index, line]) => dataset.flightLine(index) !== line)).toEqual([]);
  });

  test("outlives a receiver that acknowledged nothing, and gives all of it to the next", async () => {
    const { exited, port } = await start("--flights", "1000");
    const first = await receive(port, 0);
    await first.haveLast();
    first.destroy();
    const second = await receive(port, 0);
    await second.haveLast();
    expect(second.lines.size).toBe(1_000);
    second.acknowledge(1_001);
    expect(await exited).toEqual([0, null]);
  });

  test("refuses a malformed greeting and serves the next receiver", async () => {
    const { port } = await start("--flights", "100");
    const bad = await FeedClient.connect(port);
    clients.push(bad);
    bad.listen(0);
    bad.say("from\tthe beginning\n");
    expect(await bad.haveLast()).toMatchObject({ kind: "refused" });
    const good = await receive(port, 0);
    expect(await good.haveLast()).toEqual({ kind: "end", total: 100 });
  });

  test("ends with the process that forked it", async () => {
    const feeder = fork(feederPath, ["--flights", "100"], { silent: true });
    feeders.push(feeder);
    const exited = once(feeder, "exit");
    await eventsOf(feeder).next();
    feeder.disconnect();
    expect(await exited).toEqual([0, null]);
  });

  test.each([
    ["--flights", "0"],
    ["--flights", "many"],
    ["--rate", "0"],
    ["--rate", "fast"],
    ["--port", "-1"],
    ["--speed", "9"],
  ])("does not start with %s %s, and says why", async (option, value) => {
    const feeder = spawn(process.execPath, [feederPath, `${option}=${value}`], {
      stdio: ["ignore", "ignore", "pipe"],
    });
    feeders.push(feeder);
    let message = "";
    feeder.stderr.on("data", (chunk) => {
      message += chunk;
    });
    expect(await once(feeder, "close")).toEqual([1, null]);
    expect(message).toContain(option);
  });
});
