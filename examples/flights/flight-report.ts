/**
 * Owns: what the main job says of its run: the latest figures on the live table, and at the end whether they, every batch
 * and every window before were right.
 * Does not own: the figures (the streams of the program compute them), the notes of batches and windows (batch-notes.ts),
 * the direct computation (direct.ts).
 *
 * I1 Nothing here has to outlive the process: a later life of the program has the figures again from its recovered state,
 *    and what was right or wrong from the notes.
 */
import type { BatchNotes } from "./batch-notes.ts";
import type { FlightDataset } from "./dataset.ts";
import {
  type AirportStatistics,
  airportStatistics,
  differences,
  type RouteDelays,
  routeDelays,
  shorten,
} from "./direct.ts";
import { type BatchFigures, LiveTable, type TableFigures, type TableOutput } from "./live-table.ts";

/** What the program keeps of an airport: sums, so that nothing is rounded on the way. */
export interface AirportState {
  readonly flights: number;
  readonly delaySum: number;
  readonly worstDelay: number;
  /** The day of its last flight: `2001-01-31`. */
  readonly lastDay: string;
}

export interface FlightReportOptions {
  /** How many flights the feed has. */
  readonly total: number;
  readonly notes: BatchNotes;
  readonly windowMs: number;
  /** Tells the ms since the job began, which may have been in an earlier life. */
  readonly elapsedMs: () => number;
  readonly output: TableOutput;
}

export class FlightReport {
  readonly #options: FlightReportOptions;
  readonly #table: LiveTable;
  #airports: ReadonlyMap<string, AirportStatistics> = new Map();
  #routes: ReadonlyMap<string, RouteDelays> = new Map();
  #flights = 0;
  #hasFigures = false;
  #day = "";
  #lastBatch: BatchFigures = { records: 0, processingMs: 0, waitedMs: 0 };

  constructor(options: FlightReportOptions) {
    this.#options = options;
    this.#table = new LiveTable(options.output);
  }

  /** How many flights were counted, in all lives. */
  get flights(): number {
    return this.#flights;
  }

  /** Whether this life has figures: not before a batch whose outputs an earlier life had not done. */
  get hasFigures(): boolean {
    return this.#hasFigures;
  }

  /** Takes the state of all airports. */
  airports(states: Iterable<readonly [string, AirportState]>): void {
    const airports = new Map<string, AirportStatistics>();
    let counted = 0;
    for (const [airport, { flights, delaySum, lastDay, worstDelay }] of states) {
      airports.set(airport, { flights, meanDelay: delaySum / flights, worstDelay });
      counted += flights;
      if (lastDay > this.#day) this.#day = lastDay;
    }
    this.#airports = airports;
    this.#flights = counted;
    this.#hasFigures = true;
  }

  /** Takes what came in with a batch. */
  async batch(routes: Iterable<readonly [string, RouteDelays]>, timeMs: number): Promise<void> {
    await this.#options.notes.batch(timeMs, new Map(routes));
  }

  /** Takes the window that ends at a batch time, when it has the batch itself. */
  async routes(window: Iterable<readonly [string, RouteDelays]>, timeMs: number): Promise<void> {
    const { notes, windowMs } = this.#options;
    this.#routes = new Map(window);
    await notes.window(timeMs, windowMs, this.#routes);
  }

  /** Shows how far the run is. */
  batchCompleted(batch: BatchFigures): void {
    this.#lastBatch = batch;
    if (this.#hasFigures) this.#table.show(this.#figures());
  }

  /** Says something that is not about figures. */
  say(text: string): void {
    this.#table.say(text);
  }

  /**
   * Shows the last figures, compares them and all that was noted with the direct computation, and prints what came out;
   * returns whether everything was right. A run that was interrupted has to be right about the flights that it counted.
   */
  async conclude(dataset: FlightDataset, ending: { interrupted: boolean }): Promise<boolean> {
    const { notes, output } = this.#options;
    const counted = Math.min(this.#flights, dataset.length);
    const { windows, found: noted } = await notes.judgement();
    const found = [
      ...differences(airportStatistics(dataset, counted), this.#airports),
      ...(await this.#batchDifferences(dataset)),
      ...noted,
    ];
    const isComplete = ending.interrupted || this.#flights === dataset.length;
    if (!isComplete) found.unshift(`${this.#flights} flights of ${dataset.length} were counted`);
    this.#table.finish(this.#figures());
    const verdict = found.length > 0 ? shorten(found) : [this.#summary(windows)];
    const word = found.length > 0 ? "WRONG" : "RIGHT";
    output.write(`\n${word}, compared with a direct computation:\n${verdict.join("\n")}\n`);
    return found.length === 0;
  }

  /** Flights come in order and each counts once, so each batch has to be the next part of the data set. */
  async #batchDifferences(dataset: FlightDataset): Promise<string[]> {
    const found: string[] = [];
    let from = 0;
    for await (const { timeMs, routes } of this.#options.notes.everyBatch()) {
      const until = [...routes.values()].reduce((sum, { flights }) => sum + flights, from);
      const part = { from, until: Math.min(until, dataset.length) };
      for (const difference of differences(routeDelays(dataset, part), routes)) {
        found.push(`in the batch of ${new Date(timeMs).toISOString()}, ${difference}`);
      }
      from = until;
    }
    if (from !== this.#flights) {
      found.unshift(`all batches together had ${from} flights, and ${this.#flights} were counted`);
    }
    return found;
  }

  #summary(windows: number): string {
    const flights = this.#flights.toLocaleString("en-US");
    return `${flights} flights from ${this.#airports.size} airports, ${windows} windows by route`;
  }

  #figures(): TableFigures {
    const { elapsedMs, notes, total, windowMs } = this.#options;
    return {
      progress: {
        flights: this.#flights,
        total,
        day: this.#day,
        elapsedMs: elapsedMs(),
        batches: notes.batches,
        lastBatch: this.#lastBatch,
      },
      airports: this.#airports,
      routes: this.#routes,
      windowSeconds: windowMs / 1000,
    };
  }
}
