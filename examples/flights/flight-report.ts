/**
 * Owns: what the main job says of its run: the latest figures on the live table, and at the end whether they and every
 * window before were right.
 * Does not own: the figures (the streams of the program compute them), the direct computation (direct.ts).
 */
import type { FlightDataset } from "./dataset.ts";
import {
  type AirportStatistics,
  airportStatistics,
  differences,
  type RouteDelays,
  routeDelays,
  shorten,
} from "./direct.ts";
import type { MonotonicClock } from "./feed.ts";
import { type BatchFigures, LiveTable, type TableFigures, type TableOutput } from "./live-table.ts";

/** What the program keeps of an airport: sums, so that nothing is rounded on the way. */
export interface AirportState {
  readonly flights: number;
  readonly delaySum: number;
  readonly worstDelay: number;
}

export interface FlightReportOptions {
  readonly dataset: FlightDataset;
  readonly windowMs: number;
  readonly clock: MonotonicClock;
  readonly output: TableOutput;
}

export class FlightReport {
  readonly #options: FlightReportOptions;
  readonly #table: LiveTable;
  readonly #startedMs: number;
  #airports: ReadonlyMap<string, AirportStatistics> = new Map();
  #routes: ReadonlyMap<string, RouteDelays> = new Map();
  #flights = 0;
  /** How many flights had been counted at a batch time, for as long as a window may begin there. */
  readonly #flightsAt = new Map<number, number>();
  readonly #found: string[] = [];
  #windows = 0;
  #batches = 0;
  #lastBatch: BatchFigures = { records: 0, processingMs: 0, waitedMs: 0 };

  constructor(options: FlightReportOptions) {
    this.#options = options;
    this.#table = new LiveTable(options.output);
    this.#startedMs = options.clock.monotonicNow();
  }

  /** Takes the state of all airports at a batch time. */
  airports(states: Iterable<readonly [string, AirportState]>, timeMs: number): void {
    const airports = new Map<string, AirportStatistics>();
    let counted = 0;
    for (const [airport, { flights, delaySum, worstDelay }] of states) {
      airports.set(airport, { flights, meanDelay: delaySum / flights, worstDelay });
      counted += flights;
    }
    this.#airports = airports;
    this.#flights = counted;
    this.#flightsAt.set(timeMs, counted);
    for (const time of this.#flightsAt.keys()) {
      if (time < timeMs - this.#options.windowMs) this.#flightsAt.delete(time);
    }
  }

  /**
   * Takes the window that ends at a batch time whose airports it has. Flights come in order and each counts once, so the
   * window is a part of the data set, and has to be exactly that.
   */
  routes(window: Iterable<readonly [string, RouteDelays]>, timeMs: number): void {
    const { dataset, windowMs } = this.#options;
    this.#routes = new Map(window);
    const from = this.#flightsAt.get(timeMs - windowMs) ?? 0;
    const expected = routeDelays(dataset, { from, until: Math.min(this.#flights, dataset.length) });
    for (const difference of differences(expected, this.#routes)) {
      this.#found.push(`in the window until ${new Date(timeMs).toISOString()}, ${difference}`);
    }
    this.#windows += 1;
  }

  /** Shows how far the run is. */
  batchCompleted(batch: BatchFigures): void {
    this.#batches += 1;
    this.#lastBatch = batch;
    this.#table.show(this.#figures());
  }

  /** Says something that is not about figures. */
  say(text: string): void {
    this.#table.say(text);
  }

  /**
   * Shows the last figures, compares them with the direct computation, and prints what came out; returns whether
   * everything was right. A run that was interrupted has to be right about the flights that it counted.
   */
  conclude({ interrupted }: { interrupted: boolean }): boolean {
    const { dataset, output } = this.#options;
    const counted = Math.min(this.#flights, dataset.length);
    const found = [
      ...differences(airportStatistics(dataset, counted), this.#airports),
      ...this.#found,
    ];
    const isComplete = interrupted || this.#flights === dataset.length;
    if (!isComplete) found.unshift(`${this.#flights} flights of ${dataset.length} were counted`);
    this.#table.finish(this.#figures());
    const verdict = found.length > 0 ? shorten(found) : [this.#summary()];
    const word = found.length > 0 ? "WRONG" : "RIGHT";
    output.write(`\n${word}, compared with a direct computation:\n${verdict.join("\n")}\n`);
    return found.length === 0;
  }

  #summary(): string {
    const flights = this.#flights.toLocaleString("en-US");
    return `${flights} flights from ${this.#airports.size} airports, ${this.#windows} windows by route`;
  }

  #figures(): TableFigures {
    const { clock, dataset, windowMs } = this.#options;
    const last = Math.min(this.#flights, dataset.length) - 1;
    return {
      progress: {
        flights: this.#flights,
        total: dataset.length,
        day: last < 0 ? "" : dataset.flight(last).date.slice(0, 10),
        elapsedMs: clock.monotonicNow() - this.#startedMs,
        batches: this.#batches,
        lastBatch: this.#lastBatch,
      },
      airports: this.#airports,
      routes: this.#routes,
      windowSeconds: windowMs / 1000,
    };
  }
}
