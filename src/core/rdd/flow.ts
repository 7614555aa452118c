/**
 * Owns: how records move through one task: pushed one by one from a source through composed functions, in slices
 * between which the event loop turns, until the source ends or the sink has had enough.
 * Does not own: when a slice is over (pacer.ts).
 * Invariants: I1 once `stopped` is set no source pushes another record. I2 an operator that makes many records of one may
 * suspend the flow within a push; whoever pushes resumes it before the next record, so that the order stays.
 */
import type { Pacer } from "./pacer.ts";
import type { TaskContext } from "./task.ts";

/** Takes one record. */
export type Push<T> = (record: T) => void;

/** What an operator has not pushed yet of the results of one record. */
export interface Rest {
  /** Pushes it, in slices. */
  push(): Promise<void>;
  /** Gives it up. */
  close(): void;
}

/** One flow of records from a source to a sink, within a task. */
export class Flow {
  readonly task: TaskContext;
  readonly pacer: Pacer;
  /** Whether no other record may be pushed now: because it is `stopped`, or suspended. One look per record. */
  isHalted = false;
  #isStopped = false;
  #rests: Rest[] = [];

  constructor(task: TaskContext, pacer: Pacer) {
    this.task = task;
    this.pacer = pacer;
  }

  /** Set by a sink that has had enough. */
  get stopped(): boolean {
    return this.#isStopped;
  }

  set stopped(isStopped: boolean) {
    this.#isStopped = isStopped;
    this.isHalted = isStopped || this.isSuspended;
  }

  /** Whether there is something that has to be pushed before the next record: see `resume`. */
  get isSuspended(): boolean {
    return this.#rests.length > 0;
  }

  /** Leaves the rest of the results of a record for later, when the slice is over within a push, which cannot wait. */
  suspend(rest: Rest): void {
    this.#rests.push(rest);
    this.isHalted = true;
  }

  /** Lets the event loop turn and pushes what was left, that of the operators behind first, as they suspended first. */
  async resume(): Promise<void> {
    const rests = this.#rests;
    this.#rests = [];
    this.isHalted = this.#isStopped;
    try {
      await this.pacer.pause();
      for (let rest = rests.shift(); rest !== undefined; rest = rests.shift()) await rest.push();
    } finally {
      for (const rest of rests) rest.close();
    }
  }

  /** A flow of its own within the same task: stopping it does not stop this one. */
  nested(): Flow {
    return new Flow(this.task, this.pacer);
  }
}

/** What a source does after each chunk of records: whatever it takes before the next one may be pushed. */
export async function breathe(flow: Flow): Promise<void> {
  if (flow.isSuspended) await flow.resume();
  else await flow.pacer.pause();
}

/** Whether there is something to `breathe` for; to be asked after each chunk. */
export function mustBreathe(flow: Flow): boolean {
  return flow.isSuspended || flow.pacer.sliceIsOver();
}

/** Pushes the records of an array, in slices. */
export async function pushArray<T>(
  records: readonly T[],
  flow: Flow,
  push: Push<T>,
  from = 0,
): Promise<void> {
  let index = from;
  while (index < records.length && !flow.stopped) {
    index = pushChunk(records, index, flow, push);
    if (mustBreathe(flow)) await breathe(flow);
  }
}

function pushChunk<T>(records: readonly T[], from: number, flow: Flow, push: Push<T>): number {
  const until = Math.min(records.length, from + flow.pacer.chunkRecords);
  let index = from;
  while (index < until && !flow.isHalted) push(records[index++] as T);
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
      if (mustBreathe(flow)) await breathe(flow);
    }
  } finally {
    if (!ended) iterator.return?.();
  }
}

/** Pushes up to a chunk; true when the iterator has ended. */
function pullChunk<T>(iterator: Iterator<T>, flow: Flow, push: Push<T>): boolean {
  for (let left = flow.pacer.chunkRecords; left > 0 && !flow.isHalted; left--) {
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
    if (flow.isSuspended) await flow.resume();
    // Not when the next one comes: that may take for ever.
    if (flow.stopped) return;
    if (--left > 0) continue;
    if (flow.pacer.sliceIsOver()) await flow.pacer.pause();
    left = flow.pacer.chunkRecords;
  }
}
