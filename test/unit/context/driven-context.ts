/** Owns: a context under the manual clock that a test drives, with inputs that have their batches from the start. */

import { ArrayNode, RDD as Dataset, slices } from "../../../src/core/index.ts";
import {
  type Clock,
  type DStream,
  InputDStream,
  type InputHost,
  type RDD,
  StreamingContext,
  type StreamingContextOptions,
  type StreamingListener,
  seconds,
} from "../../../src/index.ts";
import { ManualClock } from "../../../src/testing/index.ts";

/**
 * An input whose batch k, from 0, has the records of place k; null for no dataset, empty after the end. Like a real source it
 * gives each batch once, and none that was forgotten.
 */
export class ListInput<T> extends InputDStream<T> {
  readonly kind = "list";
  readonly calls: string[] = [];
  readonly #batches: readonly (readonly T[] | null)[];
  readonly #partitions: number;
  #host: InputHost | undefined;
  #forgottenMs = Number.NEGATIVE_INFINITY;

  constructor(batches: readonly (readonly T[] | null)[], partitions = 1) {
    super();
    this.#batches = batches;
    this.#partitions = partitions;
  }

  get host(): InputHost {
    if (this.#host === undefined) throw new Error("the input was not started");
    return this.#host;
  }

  override start(host: InputHost): void {
    this.calls.push("start");
    this.#host = host;
  }

  override stop(): void | Promise<void> {
    this.calls.push("stop");
  }

  override forget(untilMs: number): void {
    this.#forgottenMs = untilMs;
  }

  compute(timeMs: number): RDD<T> | undefined {
    const { batchIntervalMs, environment, zeroTimeMs } = this.host;
    if (this.calls.includes(`compute ${timeMs}`)) throw new Error(`asked twice for ${timeMs}`);
    if (timeMs <= this.#forgottenMs) throw new Error(`asked for ${timeMs}, which is forgotten`);
    this.calls.push(`compute ${timeMs}`);
    const records = this.#batches[(timeMs - zeroTimeMs) / batchIntervalMs - 1];
    if (records === null) return undefined;
    this.host.reportInput(timeMs, records?.length ?? 0);
    return new Dataset(new ArrayNode(environment, "list", slices(records ?? [], this.#partitions)));
  }
}

/** A context with batches of a second, from 1000 ms on, that says what it logs to a list. */
export class DrivenContext {
  readonly clock: ManualClock = new ManualClock();
  readonly ssc: StreamingContext;
  /** Each line begins with its level. */
  readonly log: string[] = [];

  constructor(options: Partial<StreamingContextOptions> & { clock?: Clock } = {}) {
    const note = (level: string) => (message: string) => void this.log.push(`${level} ${message}`);
    const logger = { info: note("info"), warn: note("warn"), error: note("error") };
    this.ssc = new StreamingContext({
      batchInterval: seconds(1),
      clock: this.clock,
      logger,
      ...options,
    });
  }

  input<T>(batches: readonly (readonly T[] | null)[], partitions = 1): DStream<T> {
    return this.ssc.inputStream(new ListInput(batches, partitions));
  }

  /** Notes the records of each batch of a stream, by batch time. */
  collect<T>(stream: DStream<T>): Map<number, readonly T[]> {
    const batches = new Map<number, readonly T[]>();
    stream.foreachRDD(async (dataset, timeMs) => {
      batches.set(timeMs, await dataset.collect());
    });
    return batches;
  }

  /** Notes the events that listeners hear, with what `describe` says of each. */
  listen(describe: (event: string, info: never) => string): string[] {
    const events: string[] = [];
    const names = [
      "onStreamingStarted",
      "onReceiverStarted",
      "onReceiverError",
      "onReceiverStopped",
      "onBatchSubmitted",
      "onBatchStarted",
      "onBatchCompleted",
      "onOutputOperationStarted",
      "onOutputOperationCompleted",
      "onStreamingStopped",
    ] as const;
    const listener = Object.fromEntries(
      names.map((name) => [name, (info: never) => void events.push(describe(name, info))]),
    ) as StreamingListener;
    this.ssc.addStreamingListener(listener);
    return events;
  }

  /** Runs the next batches to their end. */
  async batches(count: number): Promise<void> {
    await this.clock.advance(count * 1000);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const ended = this.ssc.destroy();
    // A job that sleeps, or hangs, is not waited for longer than the context does.
    await this.clock.advance(5000);
    await ended;
  }
}

/** Lets everything run that needs no time to pass. */
export async function settle(): Promise<void> {
  for (let round = 0; round < 5; round += 1) await new Promise((resolve) => setImmediate(resolve));
}

/** What a promise rejects with. */
export async function caught(promise: Promise<unknown>): Promise<unknown> {
  try {
    await promise;
  } catch (error) {
    return error;
  }
  throw new Error("it was expected to reject");
}

/** A promise to be resolved by the test. */
export function gate(): { open: () => void; opened: Promise<void> } {
  let open = () => {};
  const opened = new Promise<void>((resolve) => {
    open = resolve;
  });
  return { open, opened };
}
