/**
 * Owns: what an earlier life of the driver left to do, and at which times there was none. Decisions only.
 * Does not own: doing it (src/scheduler), how far back states have to be computed again (src/checkpoint).
 */
import type { BatchProgressState } from "./driver-knowledge.ts";

/** A batch to be taken up: its outputs, or only the states that are made of it. */
export interface LeftBatch {
  readonly timeMs: number;
  readonly todo: "states" | "outputs";
  /** Stateful operators, by uid, that go on without the data of the batch. */
  readonly leftOutOf: readonly string[];
}

/** Times after one and before another at which there was no batch, as the application was down. */
export interface DownSpan {
  readonly afterMs: number;
  readonly beforeMs: number;
}

/** What is to be done, in the order of time: pending batches, and completed ones from `statesFromMs` on. */
export function leftBatches(
  progress: readonly BatchProgressState[],
  statesFromMs: number,
): readonly LeftBatch[] {
  return progress.flatMap(({ batchTimeMs, completed }): LeftBatch[] => {
    if (completed === undefined) return [{ timeMs: batchTimeMs, todo: "outputs", leftOutOf: [] }];
    if (batchTimeMs < statesFromMs) return [];
    return [{ timeMs: batchTimeMs, todo: "states", leftOutOf: completed.leftOutOf }];
  });
}

/** The spans between known batches, and before the first new one, that have no batch. */
export function downSpans(
  batchTimesMs: readonly number[],
  firstNewMs: number,
  intervalMs: number,
): readonly DownSpan[] {
  const spans: DownSpan[] = [];
  for (const [index, afterMs] of batchTimesMs.entries()) {
    const beforeMs = batchTimesMs[index + 1] ?? firstNewMs;
    if (beforeMs - afterMs > intervalMs) spans.push({ afterMs, beforeMs });
  }
  return spans;
}
