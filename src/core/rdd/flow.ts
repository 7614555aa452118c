/**
 * Owns: how records move through one task: pushed one by one from a source through composed functions, in slices
 * between which the event loop turns, until the source ends or the sink has had enough.
 * Invariants: I1 no slice is meant to last longer than `sliceMsMax`: the clock is asked at least every `chunkRecordsMax`
 * records. I2 once `stopped` is set no source pushes another record.
 */
import type { Clock } from "../../base/index.ts";
import { StreamError } from "../../base/index.ts";
import type { TaskContext } from "./task.ts";

/** Takes one record. */
export type Push<T> = (record: T) => void;

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

  constructor(clock: Clock, signal: AbortSignal) {
    this.#clock = clock;
    this.#signal = signal;
    this.#chunkStartMs = this.#sliceStartMs = clock.monotonicNow();
  }

  /** How many records may be pushed before `sliceIsOver` has to be asked again. */
  get chunkRecords(): number {
    return this.#chunkRecords;
  }

  /** Whether it is time to `pause`; to be asked after each chunk. */
  sliceIsOver(): boolean {
    const nowMs = this.#clock.monotonicNow();
    const chunkMs = nowMs - this.#chunkStartMs;
    this.#chunkStartMs = nowMs;
    if (chunkMs > chunkMsGoal) this.#chunkRecords = Math.max(1, this.#chunkRecords >> 1);
    else this.#chunkRecords = Math.min(chunkRecordsMax, this.#chunkRecords << 1);
    return nowMs - this.#sliceStartMs >= sliceMsMax || this.#signal.aborted;
  }

  /** Lets the event loop turn; throws `job_cancelled` when the job was cancelled meanwhile. */
  async pause(): Promise<void> {
    throwIfCancelled(this.#signal);
    await this.#clock.yieldToEventLoop();
    this.#chunkStartMs = this.#sliceStartMs = this.#clock.monotonicNow();
  }
}

/** Throws `job_cancelled` when the job of a task was cancelled. */
export function throwIfCancelled(signal: AbortSignal): void {
  if (signal.aborted) throw new StreamError("job_cancelled", {}, { cause: signal.reason });
}

/** One flow of records from a source to a sink, within a task. */
export class Flow {
  readonly task: TaskContext;
  readonly pacer: Pacer;
  /** Set by a sink that has had enough. */
  stopped = false;

  constructor(task: TaskContext, pacer: Pacer) {
    this.task = task;
    this.pacer = pacer;
  }

  /** A flow of its own within the same task: stopping it does not stop this one. */
  nested(): Flow {
    return new Flow(this.task, this.pacer);
  }
}

/** Pushes the records of an array, in slices. */
export async function pushArray<T>(
  records: readonly T[],
  flow: Flow,
  push: Push<T>,
): Promise<void> {
  let index = 0;
  while (index < records.length && !flow.stopped) {
    index = pushChunk(records, index, flow, push);
    if (flow.pacer.sliceIsOver()) await flow.pacer.pause();
  }
}

function pushChunk<T>(records: readonly T[], from: number, flow: Flow, push: Push<T>): number {
  const until = Math.min(records.length, from + flow.pacer.chunkRecords);
  let index = from;
  while (index < until && !flow.stopped) push(records[index++] as T);
  return index;
}

/** Pushes what an iterator gives, in slices; closes the iterator when it has not ended by itself. */
export async function pushIterable<T>(
  records: Iterable<T>,
  flow: Flow,
  push: Push<T>,
): Promise<void> {
  if (Array.isArray(records)) return pushArray(records, flow, push);
  const iterator = records[Symbol.iterator]();
  let ended = false;
  try {
    while (!ended && !flow.stopped) {
      ended = pullChunk(iterator, flow, push);
      if (flow.pacer.sliceIsOver()) await flow.pacer.pause();
    }
  } finally {
    if (!ended) iterator.return?.();
  }
}

/** Pushes up to a chunk; true when the iterator has ended. */
function pullChunk<T>(iterator: Iterator<T>, flow: Flow, push: Push<T>): boolean {
  for (let left = flow.pacer.chunkRecords; left > 0 && !flow.stopped; left--) {
    const next = iterator.next();
    if (next.done === true) return true;
    push(next.value);
  }
  return false;
}

/** Pushes what an asynchronous iterable gives, in slices; closes it when it has not ended by itself. */
export async function pushAsyncIterable<T>(
  records: AsyncIterable<T>,
  flow: Flow,
  push: Push<T>,
): Promise<void> {
  let left = flow.pacer.chunkRecords;
  for await (const record of records) {
    push(record);
    // Not when the next one comes: that may take for ever.
    if (flow.stopped) return;
    if (--left > 0) continue;
    if (flow.pacer.sliceIsOver()) await flow.pacer.pause();
    left = flow.pacer.chunkRecords;
  }
}
