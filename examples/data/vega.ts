/**
 * Owns: reading small data sets of the vega-datasets package, as records.
 * Does not own: the three million flights of the main job (flights/dataset.ts).
 */
import { readFile } from "node:fs/promises";

/** Where a data set is. */
export function pathOf(file: string): URL {
  return new URL(`../data/${file}`, import.meta.resolve("vega-datasets"));
}

/** The rows of a CSV file, with these columns of it as text; throws when it has no such column. */
export async function readCsv<const Column extends string>(
  file: string,
  columns: readonly Column[],
): Promise<Record<Column, string>[]> {
  const [header = "", ...lines] = (await readFile(pathOf(file), "utf8")).trim().split(/\r?\n/);
  const names = cellsOf(header);
  const places = columns.map((column) => {
    const place = names.indexOf(column);
    if (place === -1) throw new Error(`${file} has no column ${column}`);
    return [column, place] as const;
  });
  return lines.map((line) => {
    const cells = cellsOf(line);
    const entries = places.map(([column, place]) => [column, cells[place] ?? ""]);
    return Object.fromEntries(entries) as Record<Column, string>;
  });
}

/** The cells of a line of CSV; a cell in quotes may contain commas, and quotes twice. */
export function cellsOf(line: string): string[] {
  const cells = `,${line}`.matchAll(/,(?:"((?:[^"]|"")*)"|([^,]*))/g);
  return [...cells].map(([, quoted, plain]) => quoted?.replaceAll('""', '"') ?? plain ?? "");
}

/** A flight of the year 2001. */
export interface Flight {
  /** Of departure: `2001/01/01 06:55`. */
  readonly date: string;
  /** Minutes late on arrival; negative is early. */
  readonly delay: number;
  /** Miles. */
  readonly distance: number;
  /** Airport code of three letters. */
  readonly origin: string;
  readonly destination: string;
}

/** Two thousand flights of 90 days, a list for each day. */
export async function flightsByDay(): Promise<Flight[][]> {
  const flights = JSON.parse(await readFile(pathOf("flights-2k.json"), "utf8")) as Flight[];
  const days = new Map<string, Flight[]>();
  for (const flight of flights) {
    const day = flight.date.slice(0, 10);
    days.set(day, [...(days.get(day) ?? []), flight]);
  }
  return [...days.values()];
}
