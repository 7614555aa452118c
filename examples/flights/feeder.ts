/**
 * Owns: the feeder, a process of its own: it holds the flights and offers them on a loopback port, by the protocol of
 * protocol.ts, until everything is acknowledged.
 *
 *   node examples/flights/feeder.ts [--flights N] [--rate LINES_PER_SECOND|max] [--port N]
 *
 * Standard output has two lines of JSON: one with the port when it listens, one with figures when it is done. It ends by
 * itself, with SIGTERM or SIGINT, or with the process that forked it; a process that spawned it may die and come back.
 */
import { parseArgs } from "node:util";
import { flightsMax, loadFlights } from "./dataset.ts";
import { Feed, unlimitedRate } from "./feed.ts";
import { type FeedClock, FeedServer } from "./feed-server.ts";

const clock: FeedClock = {
  monotonicNow: () => performance.now(),
  setTimer: (delayMs, fire) => {
    const timer = setTimeout(fire, delayMs);
    return { cancel: () => clearTimeout(timer) };
  },
};

function say(event: object): void {
  process.stdout.write(`${JSON.stringify(event)}\n`);
}

function numberOf(
  option: string,
  text: string,
  { min, max }: { min: number; max: number },
): number {
  const number = Number(text);
  if (text !== "" && number >= min && number <= max) return number;
  throw new RangeError(`--${option} is a number from ${min} to ${max}, not "${text}"`);
}

function readOptions(): { flights: number; linesPerSecond: number; port: number } {
  const { values } = parseArgs({
    options: {
      flights: { type: "string", default: "300000" },
      rate: { type: "string", default: "max" },
      port: { type: "string", default: "0" },
    },
  });
  return {
    flights: Math.trunc(numberOf("flights", values.flights, { min: 1, max: flightsMax })),
    linesPerSecond:
      values.rate === "max"
        ? unlimitedRate
        : numberOf("rate", values.rate, { min: 0.001, max: 1e9 }),
    port: Math.trunc(numberOf("port", values.port, { min: 0, max: 65_535 })),
  };
}

async function feedFlights(): Promise<void> {
  const { flights, linesPerSecond, port } = readOptions();
  const dataset = await loadFlights({ flights });
  const startedMs = clock.monotonicNow();
  const server = await FeedServer.listen({
    feed: new Feed({ total: flights, linesPerSecond, clock }),
    lineAt: (position) => dataset.flightLine(position),
    clock,
    port,
    onRefusal: (reason) => process.stderr.write(`feeder: refused a receiver: ${reason}\n`),
  });
  say({ event: "listening", port: server.port, flights });
  await server.finished;
  await server.close();
  const seconds = Math.round(clock.monotonicNow() - startedMs) / 1000;
  say({
    event: "done",
    flights,
    linesSent: server.linesSent,
    receivers: server.receivers,
    seconds,
  });
}

if (process.connected) {
  process.once("disconnect", () => process.exit());
  process.channel?.unref();
}
try {
  await feedFlights();
} catch (error) {
  process.stderr.write(`feeder: ${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 1;
}
