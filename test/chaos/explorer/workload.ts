/**
 * Owns: what a workload is: a program in versions, the script of its lives, and what each of its batches has to show.
 * Does not own: a life of it (workload-life.ts), what has to hold over several lives (oracle.ts).
 */
import type { DStream, StreamingContext } from "../../../src/index.ts";

export const batchIntervalMs = 1000;
/** From one record of a script to the next. */
export const recordGapMs = 300;
export const firstStartMs = 10_000;

/** One thing that happens to an application. */
export type Step =
  | { readonly does: "receive"; readonly source: string; readonly record: string }
  | { readonly does: "pass"; readonly ms: number };

/** A life that is to end gracefully. */
export interface LifeScript {
  /** Of the program. */
  readonly version: number;
  readonly steps: readonly Step[];
}

/** How the records of a source come: by a receiver with positions, or as the one line of a file each. */
export type SourceKind = "receiver" | "files";

/** Declares what the application does; `note` shows an output of a batch to the world. */
export type WorkloadProgram = (
  streams: ReadonlyMap<string, DStream<string>>,
  note: (name: string, stream: DStream<unknown>) => void,
  context: StreamingContext,
) => void;

/** What came in a batch, by source. */
export interface BatchRecords {
  readonly timeMs: number;
  readonly records: ReadonlyMap<string, readonly string[]>;
}

/** By output, then by batch time. */
export type ExpectedOutputs = Map<string, Map<number, readonly unknown[]>>;

export interface Workload {
  readonly name: string;
  readonly sources: Readonly<Record<string, SourceKind>>;
  /** The outputs of every version. */
  readonly outputs: readonly string[];
  /** Outputs that only some versions have. */
  readonly laterOutputs?: readonly string[];
  readonly program: (version: number) => WorkloadProgram;
  /** What is recorded. A life that goes on after a crash runs the program of the last one. */
  readonly lives: readonly LifeScript[];
  /** What comes behind a crash. */
  readonly afterwards: readonly Step[];
  /** A fold over the batches, in the order of time. */
  readonly expect: (batches: readonly BatchRecords[]) => ExpectedOutputs;
}

/** Records of one source, one after the other. */
export function receive(source: string, records: readonly string[]): Step[] {
  return records.map((record) => ({ does: "receive", source, record }));
}

export function pass(ms: number): Step {
  return { does: "pass", ms };
}

/** Every output has one for each of the batches. */
export function expectedBy(
  batches: readonly BatchRecords[],
  outputs: Readonly<Record<string, (batch: BatchRecords) => readonly unknown[]>>,
): ExpectedOutputs {
  const expected: ExpectedOutputs = new Map();
  for (const [name, show] of Object.entries(outputs)) {
    expected.set(name, new Map(batches.map((batch) => [batch.timeMs, show(batch)])));
  }
  return expected;
}

/** What came from a source in a batch and those shortly before it. */
export function recordsOfWindow(
  batches: readonly BatchRecords[],
  source: string,
  { timeMs, windowMs }: { readonly timeMs: number; readonly windowMs: number },
): string[] {
  return batches
    .filter((batch) => batch.timeMs > timeMs - windowMs && batch.timeMs <= timeMs)
    .flatMap((batch) => batch.records.get(source) ?? []);
}

/** How often each of them is there. */
export function countsOf(words: Iterable<string>): [string, number][] {
  const counts = new Map<string, number>();
  for (const word of words) counts.set(word, (counts.get(word) ?? 0) + 1);
  return [...counts];
}
