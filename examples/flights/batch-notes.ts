/**
 * Owns: what the main job notes of each batch and of each window in files, so that all lives of the driver together can be
 * judged at the end.
 * Does not own: what is right (direct.ts, flight-report.ts), the checkpoint directory (the engine's part).
 *
 * I1 A note has its batch time in its name and is there whole or not at all: an output that runs again after a crash
 *    writes the same note once more, and what it would change is a difference, which stays.
 * I2 Notes survive the death of the process, which is what kills here; they are not made to survive a power cut.
 */
import { mkdir, readdir, readFile, rename, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { differences, type RouteDelays } from "./direct.ts";

type Routes = ReadonlyMap<string, RouteDelays>;

export class BatchNotes {
  readonly #directory: string;
  /** The batches that a window may still hold, as this life has read or written them. */
  readonly #recent = new Map<number, Routes>();
  readonly #times: Set<number>;

  private constructor(directory: string, times: Set<number>) {
    this.#directory = directory;
    this.#times = times;
  }

  /** The notes in a directory, which is made where it is missing. */
  static async open(directory: string): Promise<BatchNotes> {
    await mkdir(directory, { recursive: true });
    return new BatchNotes(directory, new Set(await timesIn(directory, "batch")));
  }

  /** How many batches there were, in all lives. */
  get batches(): number {
    return this.#times.size;
  }

  /** Notes what came in with a batch; one that is run again has to hold the same. */
  async batch(timeMs: number, routes: Routes): Promise<void> {
    if (this.#times.has(timeMs)) {
      const found = differences(await this.#read(timeMs), routes);
      if (found.length > 0) await this.#write("again", timeMs, found);
    } else {
      await this.#write("batch", timeMs, [...routes]);
      this.#times.add(timeMs);
      this.#recent.set(timeMs, routes);
    }
  }

  /** Notes whether a window is the fold of the batches from after `timeMs - windowMs` up to `timeMs`. */
  async window(timeMs: number, windowMs: number, window: Routes): Promise<void> {
    const expected = await this.#fold(timeMs - windowMs, timeMs);
    await this.#write("window", timeMs, differences(expected, window));
    for (const time of this.#recent.keys()) {
      if (time <= timeMs - windowMs) this.#recent.delete(time);
    }
  }

  /** Notes that the feed has ended. */
  async end(timeMs: number): Promise<void> {
    await this.#write("end", timeMs, []);
  }

  /** Whether the end of the feed was noted, in this life or an earlier one. */
  async hasEnded(): Promise<boolean> {
    return (await timesIn(this.#directory, "end")).length > 0;
  }

  /** What every batch held, in their order. */
  async *everyBatch(): AsyncGenerator<{ timeMs: number; routes: Routes }, void, undefined> {
    for (const timeMs of await timesIn(this.#directory, "batch")) {
      yield { timeMs, routes: new Map(await this.#readNote<RouteEntry>("batch", timeMs)) };
    }
  }

  /** How many windows were noted, and what was wrong with them and with batches that were run again. */
  async judgement(): Promise<{ windows: number; found: readonly string[] }> {
    const windows = await timesIn(this.#directory, "window");
    const found: string[] = [];
    for (const time of windows) {
      for (const text of await this.#readNote<string>("window", time)) {
        found.push(`in the window until ${new Date(time).toISOString()}, ${text}`);
      }
    }
    for (const time of await timesIn(this.#directory, "again")) {
      for (const text of await this.#readNote<string>("again", time)) {
        found.push(`when the batch of ${new Date(time).toISOString()} was run again, ${text}`);
      }
    }
    return { windows: windows.length, found };
  }

  /** A time at which there was no batch, because no driver was alive, counts as an empty one. */
  async #fold(afterMs: number, untilMs: number): Promise<Routes> {
    const sums = new Map<string, { flights: number; delaySum: number }>();
    for (const timeMs of this.#times) {
      if (timeMs <= afterMs || timeMs > untilMs) continue;
      for (const [route, { flights, delaySum }] of await this.#read(timeMs)) {
        const sum = sums.get(route) ?? { flights: 0, delaySum: 0 };
        sum.flights += flights;
        sum.delaySum += delaySum;
        sums.set(route, sum);
      }
    }
    return sums;
  }

  async #read(timeMs: number): Promise<Routes> {
    const known = this.#recent.get(timeMs);
    if (known !== undefined) return known;
    const routes = new Map(await this.#readNote<RouteEntry>("batch", timeMs));
    this.#recent.set(timeMs, routes);
    return routes;
  }

  async #readNote<T>(kind: NoteKind, timeMs: number): Promise<T[]> {
    return JSON.parse(await readFile(this.#path(kind, timeMs), "utf8")) as T[];
  }

  async #write(kind: NoteKind, timeMs: number, content: readonly unknown[]): Promise<void> {
    const path = this.#path(kind, timeMs);
    await writeFile(`${path}.part`, JSON.stringify(content));
    await rename(`${path}.part`, path);
  }

  #path(kind: NoteKind, timeMs: number): string {
    return join(this.#directory, `${kind}-${timeMs}.json`);
  }
}

type NoteKind = "again" | "batch" | "end" | "window";
type RouteEntry = readonly [string, RouteDelays];

async function timesIn(directory: string, kind: NoteKind): Promise<number[]> {
  const names = await readdir(directory);
  const times = names.map((name) => /^([a-z]+)-(\d+)\.json$/.exec(name));
  return times
    .filter((match) => match?.[1] === kind)
    .map((match) => Number(match?.[2]))
    .toSorted((one, other) => one - other);
}
