/** Owns: the options of the main job as they are given on the command line, and what they mean. */
import { randomBytes, randomInt } from "node:crypto";
import { parseArgs } from "node:util";
import { flightsMax } from "./dataset.ts";

export interface JobOptions {
  readonly flights: number;
  /** In flights per second, or "max". */
  readonly rate: string;
  readonly batchIntervalMs: number;
  /** The port of a feeder that runs already. */
  readonly feeder: number | undefined;
  readonly kills: number;
  readonly seed: number;
  /** Where the checkpoint directory is made: a path or an address; undefined is a folder for temporary files. */
  readonly checkpoint: string | undefined;
  /** How many processes run the tasks; 0: the driver itself. */
  readonly executors: number;
  /** Whether the checkpoint directory and the notes stay. */
  readonly keep: boolean;
  /** Of a driver: what its supervisor has made for all its lives. Undefined in the supervisor. */
  readonly life: DriverPlaces | undefined;
}

export interface DriverPlaces {
  readonly checkpoint: string;
  readonly notes: string;
  readonly feeder: number;
  /** When the job began, in ms since the epoch. */
  readonly sinceMs: number;
}

/** Reads the options; throws what is wrong with one of them. */
export function readJobOptions(args: readonly string[]): JobOptions {
  const { values } = parseArgs({
    args: [...args],
    options: {
      flights: { type: "string", default: String(flightsMax) },
      rate: { type: "string", default: "max" },
      "batch-interval": { type: "string", default: "500" },
      feeder: { type: "string" },
      kills: { type: "string" },
      seed: { type: "string", default: String(randomInt(2 ** 31)) },
      checkpoint: { type: "string" },
      executors: { type: "string", default: "0" },
      keep: { type: "boolean", default: false },
      life: { type: "string" },
    },
  });
  return {
    flights: wholeNumber("flights", values.flights, { min: 1, max: flightsMax }),
    rate: values.rate,
    batchIntervalMs: wholeNumber("batch-interval", values["batch-interval"], { min: 1, max: 6e4 }),
    feeder:
      values.feeder === undefined
        ? undefined
        : wholeNumber("feeder", values.feeder, { min: 1, max: 65_535 }),
    // What a kill is to hit is known where the receiver is in the driver.
    kills: wholeNumber("kills", values.kills ?? (values.executors === "0" ? "6" : "0"), {
      min: 0,
      max: 1000,
    }),
    seed: wholeNumber("seed", values.seed, { min: 0, max: 2 ** 32 - 1 }),
    checkpoint: values.checkpoint,
    executors: wholeNumber("executors", values.executors, { min: 0, max: 64 }),
    keep: values.keep,
    life: values.life === undefined ? undefined : (JSON.parse(values.life) as DriverPlaces),
  };
}

/** A new place within a directory, so that what others left in that is left alone. */
export function newPlaceIn(directory: string): string {
  const name = `flights-${randomBytes(6).toString("hex")}`;
  return directory.endsWith("/") ? `${directory}${name}` : `${directory}/${name}`;
}

function wholeNumber(
  option: string,
  text: string,
  { min, max }: { min: number; max: number },
): number {
  const number = Number(text);
  if (text !== "" && Number.isInteger(number) && number >= min && number <= max) return number;
  throw new RangeError(`--${option} is a whole number from ${min} to ${max}, not "${text}"`);
}
