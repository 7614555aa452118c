/**
 * Owns: the table that the main job shows while it runs: drawn again in place on a terminal, or a line of progress for
 * every few batches where the output goes to a file or another program.
 * Does not own: the figures in it.
 */
import type { AirportStatistics, RouteDelays } from "./direct.ts";

/** How far the job is. */
export interface Progress {
  readonly flights: number;
  readonly total: number;
  /** The day on which the last of these flights left: `2001-01-31`; empty before the first one. */
  readonly day: string;
  readonly elapsedMs: number;
  readonly batches: number;
  readonly lastBatch: BatchFigures;
}

/** What the table says of a batch. */
export interface BatchFigures {
  readonly records: number;
  readonly processingMs: number;
  /** How long it waited for the batches before it. */
  readonly waitedMs: number;
}

/** What one table shows. */
export interface TableFigures {
  readonly progress: Progress;
  readonly airports: ReadonlyMap<string, AirportStatistics>;
  readonly routes: ReadonlyMap<string, RouteDelays>;
  readonly windowSeconds: number;
}

const rowsMax = 10;
const barWidth = 20;
/** A route needs as many flights in the window before its mean says something. */
const routeFlightsMin = 5;
const batchesPerLine = 5;

const whole = (value: number): string => Math.round(value).toLocaleString("en-US");
const tenths = (value: number): string => value.toFixed(1);

/** One line that says how far the job is. */
export function progressLine(progress: Progress): string {
  return progressLines(progress).join(", ");
}

function progressLines(progress: Progress): string[] {
  const { batches, day, elapsedMs, flights, lastBatch, total } = progress;
  const share = flights / total;
  const bar = "#".repeat(Math.floor(share * barWidth)).padEnd(barWidth, ".");
  const rate = elapsedMs === 0 ? 0 : (flights / elapsedMs) * 1000;
  const until = day === "" ? "" : `, until ${day}`;
  const { processingMs, records, waitedMs } = lastBatch;
  const waited = waitedMs < 1 ? "" : `, ${whole(waitedMs)} ms late`;
  return [
    `[${bar}] ${Math.floor(share * 100)} %  ${whole(flights)} of ${whole(total)} flights${until}`,
    `${whole(rate)} flights/s, batch ${batches}: ${whole(records)} in ${whole(processingMs)} ms${waited}`,
  ];
}

/** The table, as lines of at most 80 characters. */
export function tableLines(figures: TableFigures): string[] {
  const airports = [...figures.airports]
    .toSorted(([, one], [, other]) => other.flights - one.flights)
    .slice(0, rowsMax)
    .map(([airport, { flights, meanDelay, worstDelay }]) =>
      cells([airport, whole(flights), tenths(meanDelay), whole(worstDelay)]),
    );
  const routes = [...figures.routes]
    .filter(([, { flights }]) => flights >= routeFlightsMin)
    .map(([route, { flights, delaySum }]) => ({ route, flights, mean: delaySum / flights }))
    .toSorted((one, other) => other.mean - one.mean)
    .slice(0, rowsMax)
    .map(({ route, flights, mean }) => cells([route, whole(flights), tenths(mean)]));
  const left = [
    "Delays in minutes, all flights so far",
    cells(["from", "flights", "mean", "worst"]),
    ...airports,
  ];
  const right = [
    `Most delayed routes, last ${figures.windowSeconds} s`,
    cells(["route", "flights", "mean"]),
    ...routes,
  ];
  const rows = Array.from({ length: rowsMax + 2 }, (_, row) =>
    `${(left[row] ?? "").padEnd(46)}${right[row] ?? ""}`.trimEnd(),
  );
  return [...progressLines(figures.progress), "", ...rows];
}

/** The first cell to the left, the others to the right. */
function cells([name = "", ...numbers]: readonly string[]): string {
  return `${name.padEnd(10)}${numbers.map((number) => number.padStart(9)).join("")}`;
}

/** Where the table is shown; a terminal knows its size. */
export interface TableOutput {
  readonly isTTY?: boolean;
  readonly columns?: number;
  readonly rows?: number;
  write(text: string): unknown;
}

export class LiveTable {
  readonly #output: TableOutput;
  #drawn: readonly string[] = [];
  #batches = 0;

  constructor(output: TableOutput) {
    this.#output = output;
  }

  /** Shows the figures after a batch. */
  show(figures: TableFigures): void {
    this.#batches += 1;
    if (this.#output.isTTY === true) this.#draw(tableLines(figures));
    else if (this.#batches % batchesPerLine === 1) {
      this.#output.write(`${progressLine(figures.progress)}\n`);
    }
  }

  /** Says something that stays: on a terminal it stands above the table. */
  say(text: string): void {
    const drawn = this.#drawn;
    this.#output.write(`${this.#backToTop()}${text}\n`);
    if (drawn.length > 0) this.#draw(drawn);
  }

  /** Shows the figures for good: what is written next stands below them. */
  finish(figures: TableFigures): void {
    if (this.#output.isTTY === true) this.#draw(tableLines(figures));
    else this.#output.write(`${tableLines(figures).join("\n")}\n`);
    this.#drawn = [];
  }

  #draw(lines: readonly string[]): void {
    // A line that is wrapped, and one that has left the screen, could not be drawn over.
    const { columns = 80, rows = 24 } = this.#output;
    const shown = lines.slice(0, Math.max(1, rows - 1)).map((line) => line.slice(0, columns));
    // Each line clears what was there before, and nothing is cleared in between: the table does not flicker.
    const text = shown.map((line) => `${line}\x1b[K\n`).join("");
    this.#output.write(`${this.#drawn.length === 0 ? "" : upBy(this.#drawn.length)}${text}\x1b[J`);
    this.#drawn = shown;
  }

  #backToTop(): string {
    const height = this.#drawn.length;
    this.#drawn = [];
    return height === 0 ? "" : `${upBy(height)}\x1b[J`;
  }
}

/** To the beginning of the line that is this much higher; what was typed meanwhile does not matter. */
function upBy(lines: number): string {
  return `\x1b[${lines}F`;
}
