/**
 * The main job: statistics of three million real flights while they come in, and a check that they are right.
 *
 *   node examples/01-flight-delays.ts [--flights N] [--rate FLIGHTS_PER_SECOND|max] [--batch-interval MS] [--feeder PORT]
 *
 * A feeder in a process of its own sends the flights (`--feeder` names the port of one that runs already); a reliable
 * receiver takes them. Per airport of origin the program keeps how many flights left, and their mean and worst delay; per
 * route it keeps the delays of the last ten batches. When the feed ends, or with Ctrl-C, it compares what it has with a
 * direct computation over the data set, and ends with exit code 1 where they differ.
 */
import { parseArgs } from "node:util";
import { milliseconds, StreamingContext } from "millrace";
import { loadFlights, parseFlight, routeOf } from "./flights/dataset.ts";
import type { RouteDelays } from "./flights/direct.ts";
import { startFeeder } from "./flights/feeder-process.ts";
import { FlightReceiver, totalOfEnd } from "./flights/flight-receiver.ts";
import { type AirportState, FlightReport } from "./flights/flight-report.ts";

const { values: options } = parseArgs({
  options: {
    flights: { type: "string", default: "3000000" },
    rate: { type: "string", default: "max" },
    "batch-interval": { type: "string", default: "500" },
    feeder: { type: "string" },
  },
});
const flights = Number(options.flights);
const batchInterval = milliseconds(Number(options["batch-interval"]));
const window = milliseconds(10 * batchInterval);
const slide = milliseconds(2 * batchInterval);

console.log(`Loading ${flights.toLocaleString("en-US")} flights of January to June 2001\n`);
const [dataset, feeder] = await Promise.all([
  loadFlights({ flights }),
  options.feeder === undefined
    ? startFeeder({ flights, rate: options.rate })
    : { port: Number(options.feeder), stop: () => {} },
]);
const report = new FlightReport({
  dataset,
  windowMs: window,
  clock: { monotonicNow: () => performance.now() },
  output: process.stdout,
});
const say = (message: string) => report.say(message);

const ssc = new StreamingContext({
  appName: "flight-delays",
  master: "local",
  batchInterval,
  onFailure: "stop",
  // The feeder is faster than the program, and has to wait: this bounds the batches, and so how late they get.
  unprocessedRecordsMax: 200_000,
  stopGracefullyOnShutdown: true,
  logger: { info: say, warn: say, error: say },
});
const lines = ssc.receiverStream(new FlightReceiver({ port: feeder.port }));
const departures = lines.filter((line) => totalOfEnd(line) === undefined).map(parseFlight);

const airports = departures
  .map(({ origin, delay }) => [origin, delay])
  .updateStateByKey(updateAirport);

function updateAirport(delays: readonly number[], before: AirportState | undefined): AirportState {
  // The same state again says that nothing changed.
  if (before !== undefined && delays.length === 0) return before;
  let { flights, delaySum, worstDelay } = before ?? {
    flights: 0,
    delaySum: 0,
    worstDelay: Number.NEGATIVE_INFINITY,
  };
  for (const delay of delays) {
    flights += 1;
    delaySum += delay;
    worstDelay = Math.max(worstDelay, delay);
  }
  return { flights, delaySum, worstDelay };
}

const routes = departures
  .map(({ origin, destination, delay }) => [
    routeOf(origin, destination),
    { flights: 1, delaySum: delay },
  ])
  .reduceByKeyAndWindow(addDelays, subtractDelays, window, slide, {
    filter: (_, { flights }) => flights > 0,
  });

function addDelays(one: RouteDelays, other: RouteDelays): RouteDelays {
  return { flights: one.flights + other.flights, delaySum: one.delaySum + other.delaySum };
}

function subtractDelays(total: RouteDelays, leaving: RouteDelays): RouteDelays {
  return { flights: total.flights - leaving.flights, delaySum: total.delaySum - leaving.delaySum };
}

airports.foreachRDD(async (states, timeMs) => report.airports(await states.collect(), timeMs));
routes.foreachRDD(async (delays, timeMs) => report.routes(await delays.collect(), timeMs));

// The end of the feed is a record behind all flights.
const ends = lines.filter((line) => totalOfEnd(line) !== undefined);
const feedEnded = new Promise<string>((resolve) => {
  ends.foreachRDD(async (end) => {
    if (!(await end.isEmpty())) resolve("ended");
  });
});

ssc.addStreamingListener({
  onBatchCompleted: ({ numRecords, processingDelay = 0, schedulingDelay = 0 }) =>
    report.batchCompleted({
      records: numRecords,
      processingMs: processingDelay,
      waitedMs: schedulingDelay,
    }),
});

await ssc.start();
// Ctrl-C stops the context gracefully, which is what ends the waiting then.
const ending = await Promise.race([feedEnded, ssc.awaitTermination()]);
await ssc.stop();
feeder.stop();

const interrupted = ending !== "ended";
if (!report.conclude({ interrupted })) process.exitCode = 1;
else if (interrupted) process.exitCode = 130;
