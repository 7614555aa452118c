/**
 * Owns: how long one task, or one loop on the driver, may keep the event loop waiting.
 * Invariants: I1 no slice is meant to last longer than `sliceMsMax`: the clock is asked at least every `chunkRecordsMax`
 * records.
 */
import type { Clock } from "../../base/index.ts";
import { StreamError } from "../../base/index.ts";
import { currentJob } from "./task.ts";

const neverAborted: AbortSignal = new AbortController().signal;

/** Half of the 20 ms that the event loop may be kept waiting, as the last chunk of a slice may take long. */
const sliceMsMax = 10;
const chunkRecordsMax = 256;
const chunkMsGoal = 1;

/** Counts out how many records may be pushed before the clock is asked, and when it is time to yield. */
export class Pacer {
  readonly #clock: Clock;
  readonly #signal: AbortSignal;
  #chunkRecords = 1;
  #chunkStartMs: number;
  #sliceStartMs: number;
  #extraChunkRecords = 1;
  #extraStartMs: number;
  /**
   * How many records operators may push beside those of the source, as they make several of one, before
   * `extraSliceIsOver` has to be asked. They count it down.
   */
  extraRecords = 1;

  constructor(clock: Clock, signal: AbortSignal) {
    this.#clock = clock;
    this.#signal = signal;
    this.#chunkStartMs = this.#sliceStartMs = this.#extraStartMs = clock.monotonicNow();
  }

  /** A pacer for work on the driver, on behalf of the job that asks, if any. */
  static onDriver(clock: Clock): Pacer {
    return new Pacer(clock, currentJob()?.signal ?? neverAborted);
  }

  /** How many records may be pushed before `sliceIsOver` has to be asked again. */
  get chunkRecords(): number {
    return this.#chunkRecords;
  }

  /** Whether it is time to `pause`; to be asked after each chunk. */
  sliceIsOver(): boolean {
    const nowMs = this.#clock.monotonicNow();
    this.#chunkRecords = nextChunk(this.#chunkRecords, nowMs - this.#chunkStartMs);
    this.#chunkStartMs = nowMs;
    return this.#isOver(nowMs);
  }

  /** As `sliceIsOver`, for the records of operators; gives them as many again. */
  extraSliceIsOver(): boolean {
    const nowMs = this.#clock.monotonicNow();
    this.#extraChunkRecords = nextChunk(this.#extraChunkRecords, nowMs - this.#extraStartMs);
    this.#extraStartMs = nowMs;
    this.extraRecords = this.#extraChunkRecords;
    return this.#isOver(nowMs);
  }

  /** Lets the event loop turn; throws `job_cancelled` when the job was cancelled meanwhile. */
  async pause(): Promise<void> {
    throwIfCancelled(this.#signal);
    await this.#clock.yieldToEventLoop();
    this.#chunkStartMs = this.#sliceStartMs = this.#extraStartMs = this.#clock.monotonicNow();
  }

  #isOver(nowMs: number): boolean {
    return nowMs - this.#sliceStartMs >= sliceMsMax || this.#signal.aborted;
  }
}

/** Fewer records where a chunk of them took long, and else more. */
function nextChunk(records: number, tookMs: number): number {
  return tookMs > chunkMsGoal ? Math.max(1, records >> 1) : Math.min(chunkRecordsMax, records << 1);
}

/** Throws `job_cancelled` when the job of a task was cancelled. */
export function throwIfCancelled(signal: AbortSignal): void {
  if (signal.aborted) throw new StreamError("job_cancelled", {}, { cause: signal.reason });
}

/** Visits records on the driver, in slices. */
export async function visitAll<T>(
  records: Iterable<T>,
  pacer: Pacer,
  visit: (record: T) => void,
): Promise<void> {
  let left = pacer.chunkRecords;
  for (const record of records) {
    visit(record);
    if (--left > 0) continue;
    if (pacer.sliceIsOver()) await pacer.pause();
    left = pacer.chunkRecords;
  }
}
