/**
 * Owns: the real data of the main job, 3 million domestic flights of January to June 2001 in the order of their departure
 * (US Bureau of Transportation Statistics, packed as `flights-3m.parquet` by the vega-datasets project), held as one
 * array per column: 13 bytes a flight; and the line of text that one flight is on its way.
 * Does not own: what is computed of them (direct.ts), how lines travel (protocol.ts).
 */

import { fileURLToPath } from "node:url";
import { zstdDecompressSync } from "node:zlib";
import {
  asyncBufferFromFile,
  type Compressors,
  parquetMetadataAsync,
  parquetRead,
} from "hyparquet";

/** One flight. */
export interface Flight {
  /** Scheduled departure in local time, to the minute: `2001-01-01T00:01`. */
  readonly date: string;
  /** Minutes late on arrival; negative is early. */
  readonly delay: number;
  /** Miles. */
  readonly distance: number;
  /** Airport code of three letters. */
  readonly origin: string;
  readonly destination: string;
}

/** The most flights that `loadFlights` can give. */
export const flightsMax = 3_000_000;

// Node's own zlib knows the codec of the file, so that no decompressor has to be installed.
const compressors: Compressors = { ZSTD: (input) => zstdDecompressSync(input) };
const msPerMinute = 60_000;

/** Flights by column. Row i of each column belongs to flight i; airports are numbers, `airports` has their codes. */
export class FlightDataset {
  readonly length: number;
  /** Airport codes in the order in which the data set names them first. */
  readonly airports: string[] = [];
  /** Minutes since 1970-01-01T00:00 in local time. */
  readonly minutes: Int32Array;
  readonly delays: Int16Array;
  readonly distances: Int16Array;
  readonly origins: Uint16Array;
  readonly destinations: Uint16Array;
  #datedMinute = Number.NaN;
  #date = "";

  constructor(length: number) {
    this.length = length;
    this.minutes = new Int32Array(length);
    this.delays = new Int16Array(length);
    this.distances = new Int16Array(length);
    this.origins = new Uint16Array(length);
    this.destinations = new Uint16Array(length);
  }

  /** The code of the airport with this number. */
  airport(number: number | undefined): string {
    const code = this.airports[number ?? -1];
    if (code === undefined) throw new RangeError(`no such airport in the data set: ${number}`);
    return code;
  }

  /** Flight `index`, from 0. */
  flight(index: number): Flight {
    this.#check(index);
    return {
      date: this.#dateOf(this.minutes[index] ?? 0),
      delay: this.delays[index] ?? 0,
      distance: this.distances[index] ?? 0,
      origin: this.airport(this.origins[index]),
      destination: this.airport(this.destinations[index]),
    };
  }

  /** Flight `index` as a line: `date,delay,distance,origin,destination`. */
  flightLine(index: number): string {
    this.#check(index);
    const date = this.#dateOf(this.minutes[index] ?? 0);
    const route = `${this.airport(this.origins[index])},${this.airport(this.destinations[index])}`;
    return `${date},${this.delays[index]},${this.distances[index]},${route}`;
  }

  #check(index: number): void {
    if (!(Number.isInteger(index) && index >= 0 && index < this.length)) {
      throw new RangeError(`no such flight in the data set: ${index} of ${this.length}`);
    }
  }

  // Some ten flights leave in the same minute, one after another: the text of a minute is made once for them.
  #dateOf(minute: number): string {
    if (minute !== this.#datedMinute) {
      this.#datedMinute = minute;
      this.#date = new Date(minute * msPerMinute).toISOString().slice(0, 16);
    }
    return this.#date;
  }
}

const flightPattern = /^([^,]+),(-?\d+),(\d+),([^,]+),([^,]+)$/;

/** Reads a flight from its line; throws when it is not one. */
export function parseFlight(line: string): Flight {
  const [, date, delay, distance, origin, destination] = flightPattern.exec(line) ?? [];
  if (date === undefined || origin === undefined || destination === undefined) {
    throw new Error(`not a flight: ${line}`);
  }
  return { date, delay: Number(delay), distance: Number(distance), origin, destination };
}

/** The name of a route: `LAS-PHL`. */
export function routeOf(origin: string, destination: string): string {
  return `${origin}-${destination}`;
}

/** Loads the first `flights` flights of the data set (all of them: 2 s). */
export async function loadFlights({
  flights = flightsMax,
}: {
  flights?: number;
} = {}): Promise<FlightDataset> {
  if (!(Number.isInteger(flights) && flights >= 1 && flights <= flightsMax)) {
    throw new RangeError(`the data set holds 1 to ${flightsMax} flights, not ${flights}`);
  }
  const path = fileURLToPath(
    new URL("../data/flights-3m.parquet", import.meta.resolve("vega-datasets")),
  );
  const file = await asyncBufferFromFile(path);
  const metadata = await parquetMetadataAsync(file);
  const dataset = new FlightDataset(flights);
  const airportNumbers = new Map<string, number>();
  let rowStart = 0;
  // One row group at a time: the reader makes an object of each value, and holds what it is asked for at once.
  for (const group of metadata.row_groups) {
    if (rowStart >= flights) break;
    const rowEnd = Math.min(flights, rowStart + Number(group.num_rows));
    await parquetRead({
      file,
      metadata,
      compressors,
      rowStart,
      rowEnd,
      onChunk: (chunk) => fill(dataset, airportNumbers, chunk),
    });
    rowStart = rowEnd;
  }
  return dataset;
}

interface ColumnChunk {
  readonly columnName: string;
  readonly columnData: ArrayLike<unknown>;
  readonly rowStart: number;
}

function fill(
  dataset: FlightDataset,
  airportNumbers: Map<string, number>,
  chunk: ColumnChunk,
): void {
  const { column, read } = reader(dataset, airportNumbers, chunk.columnName);
  const count = Math.min(chunk.columnData.length, dataset.length - chunk.rowStart);
  for (let i = 0; i < count; i += 1) {
    const value = read(chunk.columnData[i]);
    column[chunk.rowStart + i] = value;
    if (column[chunk.rowStart + i] !== value) {
      throw new Error(
        `${chunk.columnName} of flight ${chunk.rowStart + i} is not usable: ${chunk.columnData[i]}`,
      );
    }
  }
}

function reader(
  dataset: FlightDataset,
  airportNumbers: Map<string, number>,
  columnName: string,
): { column: Int16Array | Int32Array | Uint16Array; read: (value: unknown) => number } {
  const numberOfAirport = (code: unknown): number => {
    if (typeof code !== "string" || !/^[A-Z]{3}$/.test(code)) return Number.NaN;
    let number = airportNumbers.get(code);
    if (number === undefined) {
      number = dataset.airports.push(code) - 1;
      airportNumbers.set(code, number);
    }
    return number;
  };
  switch (columnName) {
    case "date":
      return {
        column: dataset.minutes,
        read: (value) => (value instanceof Date ? value.getTime() / msPerMinute : Number.NaN),
      };
    case "delay":
      return { column: dataset.delays, read: integer };
    case "distance":
      return { column: dataset.distances, read: integer };
    case "origin":
      return { column: dataset.origins, read: numberOfAirport };
    case "destination":
      return { column: dataset.destinations, read: numberOfAirport };
    default:
      throw new Error(`the data set has a column that is not known: ${columnName}`);
  }
}

// Parquet's 64-bit integers arrive as bigint; anything else, a missing value included, fits no column.
function integer(value: unknown): number {
  return typeof value === "bigint" ? Number(value) : Number.NaN;
}
