/**
 * The main job: statistics of three million real flights while they come in, in a program that is killed again and again,
 * and a check that they are right.
 *
 *   node examples/01-flight-delays.ts [--flights N] [--rate FLIGHTS_PER_SECOND|max] [--batch-interval MS] [--feeder PORT]
 *                                     [--kills N] [--seed N] [--checkpoint PATH|s3://BUCKET/PREFIX] [--keep]
 *                                     [--executors N]
 *
 * A feeder in a process of its own sends the flights (`--feeder` names the port of one that runs already); a reliable
 * receiver takes them. Per airport of origin the program keeps how many flights left, and their mean and worst delay; per
 * route it keeps the delays of the last ten batches. All of it is in a checkpoint directory. The program runs as the child
 * of a supervisor, which kills it with SIGKILL six times in mid-stream (`--kills`, 0 for never): at random instants, drawn
 * from a seed, among them while received blocks are in no batch yet, while a batch runs, and while a state snapshot is in
 * flight. It is started again at once, and goes on. When the feed ends, or with Ctrl-C, it compares what it has with a direct
 * computation over the data set, and ends with exit code 1 where they differ. The supervisor does so, too, where no kill
 * has hit one of the three.
 *
 * With `--executors` the tasks run, and the receiver is, in that many processes of their own, which run this program too and
 * die with their driver. It is not killed then unless `--kills` says so, as what a kill is to hit is known of a receiver in
 * the driver only.
 *
 * The checkpoint directory is a new one within `--checkpoint`, or in a folder for temporary files. It is removed at the end,
 * but with `--keep`. The server of S3 and the credentials come from the environment, as the AWS SDK reads them.
 */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { milliseconds, StreamingContext } from "millrace";
import { BatchNotes } from "./flights/batch-notes.ts";
import { removeAll, storeOptions } from "./flights/checkpoint-place.ts";
import { type Flight, loadFlights, parseFlight, routeOf } from "./flights/dataset.ts";
import type { RouteDelays } from "./flights/direct.ts";
import type { DriverMessage } from "./flights/driver-messages.ts";
import { type FeederProcess, startFeeder } from "./flights/feeder-process.ts";
import { FlightReceiver, totalOfEnd } from "./flights/flight-receiver.ts";
import { type AirportState, FlightReport } from "./flights/flight-report.ts";
import { type DriverPlaces, newPlaceIn, readJobOptions } from "./flights/job-options.ts";
import { KillPlan } from "./flights/kill-plan.ts";
import { Supervisor } from "./flights/supervisor.ts";

const options = readJobOptions(process.argv.slice(2));
const batchInterval = milliseconds(options.batchIntervalMs);
const window = milliseconds(10 * batchInterval);
const slide = milliseconds(2 * batchInterval);
// A part of the feed, so that there is something to kill until its end, however far ahead the feeder is.
const unprocessedRecordsMax = Math.ceil(options.flights / 30);
const linesMax = Math.min(10_000, Math.ceil(options.flights / 200));
const store = storeOptions(process.env);

if (options.life === undefined) await supervise();
else await drive(options.life);

interface Job {
  readonly report: FlightReport;
  readonly notes: BatchNotes;
  /** The port of the feeder. */
  readonly feeder: number;
}

/** The application: one life of it. */
async function drive(places: DriverPlaces): Promise<void> {
  // Nobody would start it again.
  process.once("disconnect", () => process.exit());
  process.channel?.unref();
  const notes = await BatchNotes.open(places.notes);
  const report = new FlightReport({
    total: options.flights,
    notes,
    windowMs: window,
    elapsedMs: () => Date.now() - places.sinceMs,
    output: process.stdout,
  });

  const job = { report, notes, feeder: places.feeder };
  const context = () => flightDelays(job);
  const ssc = await StreamingContext.getOrCreate(places.checkpoint, context, { store });
  tellSupervisor(ssc, report);
  const feedEnded = feedEnd(ssc, job);

  await ssc.start();
  // Ctrl-C stops the context gracefully, which is what ends the waiting then.
  const ending = await Promise.race([feedEnded, ssc.awaitTermination()]);
  await ssc.stop();

  const interrupted = ending !== "ended";
  const dataset = await loadFlights({ flights: options.flights });
  if (!(await report.conclude(dataset, { interrupted }))) process.exitCode = 1;
  else if (interrupted) process.exitCode = 130;
  process.disconnect?.();
}

/** The streams, and what is done with them. */
function flightDelays({ report, notes, feeder }: Job): StreamingContext {
  const ssc = new StreamingContext({
    appName: "flight-delays",
    master: options.executors === 0 ? "local" : `local[${options.executors}]`,
    batchInterval,
    onFailure: "stop",
    // The feeder is faster than the program, and has to wait: this bounds the batches, and so how late they get.
    unprocessedRecordsMax,
    stopGracefullyOnShutdown: true,
    logger: {
      info: () => {},
      warn: (message) => report.say(message),
      error: (message, error) =>
        report.say(error instanceof Error ? `${message}: ${error.message}` : message),
    },
  });
  const stored = (until: number) => tell({ kind: "stored", until });
  const lines = ssc.receiverStream(new FlightReceiver({ port: feeder, linesMax, stored }));
  const departures = lines.filter((line) => totalOfEnd(line) === undefined).map(parseFlight);

  const airports = departures
    .map((flight) => [flight.origin, flight])
    .updateStateByKey(updateAirport)
    .checkpoint(slide);

  const routesOfBatch = departures
    .map(({ origin, destination, delay }) => [
      routeOf(origin, destination),
      { flights: 1, delaySum: delay },
    ])
    .reduceByKey(addDelays)
    .persist();
  const routes = routesOfBatch
    .reduceByKeyAndWindow(addDelays, subtractDelays, window, slide, {
      filter: (_, { flights }) => flights > 0,
    })
    .checkpoint(slide);

  // After a crash an output may run again for the same batch: each of these then does the same once more.
  airports.foreachRDD(async (states) => report.airports(await states.collect()));
  routesOfBatch.foreachRDD(async (batch, timeMs) => report.batch(await batch.collect(), timeMs));
  routes.foreachRDD(async (delays, timeMs) => report.routes(await delays.collect(), timeMs));
  // The end of the feed is a record behind all flights.
  lines
    .filter((line) => totalOfEnd(line) !== undefined)
    .foreachRDD(async (end, timeMs) => {
      if (!(await end.isEmpty())) await notes.end(timeMs);
    });
  return ssc;
}

function updateAirport(
  departed: readonly Flight[],
  before: AirportState | undefined,
): AirportState | undefined {
  const last = departed.at(-1);
  // The same state again says that nothing changed.
  if (last === undefined) return before;
  let { flights, delaySum, worstDelay } = before ?? {
    flights: 0,
    delaySum: 0,
    worstDelay: Number.NEGATIVE_INFINITY,
  };
  for (const { delay } of departed) {
    flights += 1;
    delaySum += delay;
    worstDelay = Math.max(worstDelay, delay);
  }
  return { flights, delaySum, worstDelay, lastDay: last.date.slice(0, 10) };
}

function addDelays(one: RouteDelays, other: RouteDelays): RouteDelays {
  return { flights: one.flights + other.flights, delaySum: one.delaySum + other.delaySum };
}

function subtractDelays(total: RouteDelays, leaving: RouteDelays): RouteDelays {
  return { flights: total.flights - leaving.flights, delaySum: total.delaySum - leaving.delaySum };
}

/** Resolves when the end of the feed was in a batch, of this life or an earlier one, and this life has the figures. */
function feedEnd(ssc: StreamingContext, { report, notes }: Job): Promise<"ended"> {
  return new Promise((resolve, reject) => {
    const lookForEnd = async () => {
      if (!report.hasFigures || !(await notes.hasEnded())) return;
      tell({ kind: "ended" });
      resolve("ended");
    };
    ssc.addStreamingListener({ onBatchCompleted: () => void lookForEnd().catch(reject) });
  });
}

function tell(message: DriverMessage): void {
  process.send?.(message);
}

/** Tells what the driver is in the middle of, and draws the table. */
function tellSupervisor(ssc: StreamingContext, report: FlightReport): void {
  let isStarted = false;
  let canStop = false;
  ssc.addStreamingListener({
    // Batches of an earlier life may run before this.
    onStreamingStarted: () => {
      isStarted = true;
    },
    onBatchSubmitted: () => tell({ kind: "batch-submitted" }),
    onBatchStarted: () => tell({ kind: "batch-started" }),
    onBatchCompleted: ({ numRecords, processingDelay = 0, schedulingDelay = 0 }) => {
      report.batchCompleted({
        records: numRecords,
        processingMs: processingDelay,
        waitedMs: schedulingDelay,
      });
      const { flights, hasFigures } = report;
      tell({ kind: "batch-completed", flights, processingMs: processingDelay });
      if (canStop || !isStarted || !hasFigures) return;
      canStop = true;
      tell({ kind: "can-stop" });
    },
    onStateSnapshotStarted: ({ operatorUid }) => tell({ kind: "snapshot-started", operatorUid }),
    onStateSnapshotCompleted: ({ operatorUid }) =>
      tell({ kind: "snapshot-completed", operatorUid }),
    onCheckpointFailed: () => tell({ kind: "snapshot-failed" }),
  });
}

/** The processes around the application. */
async function supervise(): Promise<void> {
  const { batchIntervalMs, flights, keep, kills, rate, seed } = options;
  const scratch = await mkdtemp(join(tmpdir(), "millrace-flights-"));
  const checkpoint = newPlaceIn(options.checkpoint ?? scratch);
  const total = flights.toLocaleString("en-US");
  const plan = new KillPlan({ kills, flights, batchIntervalMs, seed });
  const killing = kills === 0 ? "" : `, ${kills} kills by seed ${seed}`;
  console.log(`Loading ${total} flights of January to June 2001${killing}\n`);
  const notes = join(scratch, "notes");
  let feeder: FeederProcess | undefined;
  try {
    if (options.feeder === undefined) feeder = await startFeeder({ flights, rate });
    const port = options.feeder ?? feeder?.port ?? 0;
    const places: DriverPlaces = { checkpoint, notes, feeder: port, sinceMs: Date.now() };
    const supervisor = new Supervisor({
      driver: {
        path: fileURLToPath(import.meta.url),
        args: [
          `--flights=${flights}`,
          `--batch-interval=${batchIntervalMs}`,
          `--executors=${options.executors}`,
          `--life=${JSON.stringify(places)}`,
        ],
      },
      plan,
      kills,
      say: (text) => console.log(text),
    });
    for (const signal of ["SIGINT", "SIGTERM"] as const) {
      process.on(signal, () => supervisor.interrupt());
    }
    process.exitCode = await supervisor.run();
  } finally {
    feeder?.stop();
    if (keep) console.log(`Kept: ${checkpoint} and ${notes}`);
    else {
      if (options.checkpoint !== undefined) await removeAll(checkpoint, store);
      await rm(scratch, { recursive: true, force: true });
    }
  }
}
