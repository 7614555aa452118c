/**
 * Owns: an application that lives several times on one checkpoint directory: its source, which outlives it, what the world
 * sees of it, and a life of it under the manual clock.
 * Does not own: what has to hold of what the world saw (application-oracle.ts).
 */

import { setTimeout as sleep } from "node:timers/promises";
import { messageOf } from "../../src/base/index.ts";
import {
  type DStream,
  milliseconds,
  type ResumableSource,
  StateSpec,
  StreamingContext,
  type StreamingContextOptions,
  seconds,
} from "../../src/index.ts";
import { ManualClock } from "../../src/testing/index.ts";

export const intervalMs = 1000;
export const windowMs = 3000;
export const timeoutMs = 2000;

/** What was seen from outside, in order; `call` counts what the driver had done to its disk by then. */
export type Sight =
  | {
      readonly kind: "output";
      readonly name: string;
      readonly timeMs: number;
      readonly data: unknown;
      readonly call: number;
    }
  | {
      readonly kind: "output done";
      readonly name: string;
      readonly timeMs: number;
      readonly call: number;
    }
  | { readonly kind: "batch done"; readonly timeMs: number; readonly call: number }
  | { readonly kind: "acknowledged"; readonly until: number; readonly call: number }
  | { readonly kind: "opened"; readonly from: number; readonly call: number };

/** Records that come one after the other, and stay. */
export class Feed implements ResumableSource<string> {
  readonly records: { readonly record: string; readonly call: number }[];
  readonly #see: (sight: Sight) => void;
  readonly #call: () => number;
  #more: () => void = () => {};

  constructor(records: readonly string[], call: () => number, see: (sight: Sight) => void) {
    this.records = records.map((record) => ({ record, call: 0 }));
    this.#call = call;
    this.#see = see;
  }

  push(...records: readonly string[]): void {
    for (const record of records) this.records.push({ record, call: this.#call() });
    this.#more();
  }

  async *open(from: number, signal: AbortSignal) {
    this.#see({ kind: "opened", from, call: this.#call() });
    for (let position = from; !signal.aborted; position += 1) {
      const next = this.records[position];
      if (next === undefined) {
        position -= 1;
        await new Promise<void>((resolve) => {
          this.#more = resolve;
          signal.addEventListener("abort", () => resolve(), { once: true });
        });
      } else yield { position, record: next.record };
    }
  }

  acknowledge(until: number): void {
    this.#see({ kind: "acknowledged", until, call: this.#call() });
  }
}

/** Declares what the application does; `note` shows an output of a batch to the world. */
export type Program = (
  lines: DStream<string>,
  note: (name: string, stream: DStream<unknown>) => void,
  context: StreamingContext,
) => void;

/** A batch's own records, and a state over all of them. */
export const counting: Program = (lines, note) => {
  note("batch", lines);
  note("counts", counted(lines));
};

/** The same with windows and time-outs. */
export const everything: Program = (lines, note, context) => {
  counting(lines, note, context);
  note("window", lines.window(milliseconds(windowMs)));
  const pairs = lines.map((word): [string, number] => [word, 1]);
  const add = (left: number, right: number) => left + right;
  const options = { filter: (_: string, count: number) => count > 0 };
  const recent = pairs.reduceByKeyAndWindow(add, (a, b) => a - b, seconds(3), seconds(1), options);
  note("recent", recent.checkpoint(seconds(2)));
  const sessions = StateSpec.function<string, number, number, string>((word, value, state) => {
    if (state.isTimingOut()) return `${word} left after ${state.get()}`;
    const count = (state.exists() ? state.get() : 0) + (value ?? 0);
    state.update(count);
    return `${word} ${count}`;
  }).timeout(milliseconds(timeoutMs));
  note("sessions", pairs.mapWithState(sessions).checkpoint(seconds(2)));
};

function counted(lines: DStream<string>): DStream<[string, number]> {
  return lines
    .map((word): [string, number] => [word, 1])
    .updateStateByKey<string, number, number>(
      (ones, count) => (count ?? 0) + ones.reduce((sum, one) => sum + one, 0),
    )
    .checkpoint(seconds(2));
}

export interface LifeOptions {
  readonly program: Program;
  /** Records that are there already. */
  readonly records?: readonly string[];
  /** The wall clock at its start. */
  readonly startMs: number;
  readonly address: string;
  readonly directory?: Parameters<typeof StreamingContext.getOrCreate>[2];
  readonly context?: Partial<StreamingContextOptions>;
  /** How much was done to the disk so far. */
  readonly call?: () => number;
  readonly clock?: ManualClock;
  /** Whether the disk is a real one, which takes its time whatever the clock says. */
  readonly isReal?: boolean;
}

/** One life. */
export class Life {
  readonly clock: ManualClock;
  readonly sights: Sight[] = [];
  readonly feed: Feed;
  readonly log: string[] = [];
  readonly #options: LifeOptions;
  #context: StreamingContext | undefined;

  constructor(options: LifeOptions) {
    this.#options = options;
    this.clock = options.clock ?? new ManualClock(options.startMs);
    const call = options.call ?? (() => 0);
    this.feed = new Feed(options.records ?? [], call, (sight) => this.sights.push(sight));
  }

  get context(): StreamingContext {
    if (this.#context === undefined) throw new Error("it has not begun");
    return this.#context;
  }

  /** Begins, or goes on with what an earlier life left; rejects as `getOrCreate` and `start`. */
  async start(): Promise<void> {
    const { address, directory = {} } = this.#options;
    this.#context = await StreamingContext.getOrCreate(address, () => this.#create(), directory);
    // It needs no time to pass, unless something is wrong.
    await this.#whileTimePasses(this.#context.start(), 2000);
  }

  /** Records come, one each 300 ms. */
  async receive(records: readonly string[]): Promise<void> {
    for (const record of records) {
      this.feed.push(record);
      await this.clock.advance(300);
      if (this.#options.isReal === true) await this.#untilAcknowledged();
    }
  }

  async #untilAcknowledged(): Promise<void> {
    const count = this.feed.records.length;
    const isDone = () => this.sights.some((s) => s.kind === "acknowledged" && s.until >= count);
    for (let turn = 0; turn < 1000 && !isDone(); turn += 1) await sleep(2);
    if (!isDone()) throw new Error(`the record ${count - 1} is not acknowledged`);
  }

  async stop(): Promise<void> {
    await this.#whileTimePasses(this.context.stop());
  }

  /** Ends without a word, as far as that is possible within a process that goes on. */
  async die(): Promise<void> {
    await this.#whileTimePasses(this.#context?.destroy() ?? Promise.resolve());
  }

  /** What an output showed of each batch, by its time. */
  outputs(name: string): Map<number, unknown> {
    const found = new Map<number, unknown>();
    for (const sight of this.sights) {
      if (sight.kind === "output" && sight.name === name) found.set(sight.timeMs, sight.data);
    }
    return found;
  }

  async #whileTimePasses(work: Promise<void>, patience = 50): Promise<void> {
    let isDone = false;
    const done = work.finally(() => {
      isDone = true;
    });
    done.catch(() => {});
    for (let turn = 0; !isDone; turn += 1) {
      if (turn > 50_000) throw new Error("it takes for ever");
      if (turn % patience === patience - 1) await this.clock.advanceWithoutWaiting(100);
      else if (this.#options.isReal === true) await sleep(1);
      else await this.clock.yieldToEventLoop();
    }
    await done;
  }

  #create(): StreamingContext {
    const { call = () => 0, context, program } = this.#options;
    const note = (level: string) => (message: string, error?: unknown) =>
      void this.log.push(`${level} ${message}${error === undefined ? "" : ` ${messageOf(error)}`}`);
    const ssc = new StreamingContext({
      appName: "counts",
      batchInterval: milliseconds(intervalMs),
      clock: this.clock,
      logger: { info: note("info"), warn: note("warn"), error: note("error") },
      ...context,
    });
    const lines = ssc.resumableStream(this.feed).uid("lines");
    const names: string[] = [];
    program(
      lines,
      (name, stream) => {
        names.push(name);
        stream.foreachRDD(async (dataset, timeMs) => {
          const data = await dataset.collect();
          const shown = name === "batch" ? data : data.map((each) => JSON.stringify(each)).sort();
          this.sights.push({ kind: "output", name, timeMs, data: shown, call: call() });
        });
      },
      ssc,
    );
    ssc.addStreamingListener({
      onOutputOperationCompleted: ({ batchTime: timeMs, failureReason, id }) => {
        if (failureReason !== undefined) return;
        this.sights.push({ kind: "output done", name: names[id] ?? "", timeMs, call: call() });
      },
      onBatchCompleted: ({ batchTime: timeMs }) => {
        this.sights.push({ kind: "batch done", timeMs, call: call() });
      },
    });
    return ssc;
  }
}
