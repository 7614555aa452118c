/** Owns: running a stream over given batches, under the manual clock, and telling what came out batch by batch. */
import { type Logger, silentLogger } from "../base/index.ts";
import { StreamingContext, type StreamingContextOptions } from "../context/index.ts";
import {
  ArrayNode,
  type DStream,
  type Duration,
  InputDStream,
  type InputHost,
  RDD,
  slices,
  type TupleHint,
} from "../core/index.ts";
import { ManualClock } from "./manual-clock.ts";

/** The records of one batch of one stream; null where the stream has no dataset in that batch. */
export type TestBatch<T> = readonly T[] | null;

/** What goes into the streams of a test. */
export interface BatchesToRun<Inputs extends readonly unknown[]> {
  readonly batchInterval: Duration;
  /** One list of batches per stream; batches after the end of a list are empty. */
  readonly inputs: {
    readonly [Index in keyof Inputs]: readonly TestBatch<Inputs[Index] | TupleHint>[];
  };
  /** How many batches to run (default: the length of the longest input). */
  readonly batches?: number;
  /** The number of partitions that each batch comes in (default 1). */
  readonly partitions?: number;
  /** Further options of the context. */
  readonly options?: Omit<StreamingContextOptions, "batchInterval" | "clock">;
}

/** The streams of a test, one per input. */
export type TestStreams<Inputs extends readonly unknown[]> = {
  readonly [Index in keyof Inputs]: DStream<Inputs[Index]>;
};

/**
 * Runs the stream that `build` makes over these batches, without any real time passing, and gives one entry per batch: the
 * array of its records, or null where the stream made no dataset. A batch that fails makes it reject with its error.
 */
export async function runBatches<Inputs extends readonly unknown[], T>(
  toRun: BatchesToRun<Inputs>,
  build: (ssc: StreamingContext, ...streams: TestStreams<Inputs>) => DStream<T>,
): Promise<(T[] | null)[]> {
  const { batchInterval, inputs, options, partitions = 1 } = toRun;
  const batches = toRun.batches ?? Math.max(0, ...inputs.map((input) => input.length));
  const clock = new ManualClock();
  const logger: Logger = options?.logger ?? silentLogger;
  const ssc = new StreamingContext({
    attempts: 1,
    onFailure: "stop",
    ...options,
    logger,
    batchInterval,
    clock,
  });
  const outputs = new Map<number, T[]>();
  try {
    const streams = inputs.map((input) => ssc.inputStream(new TestInput(input, partitions)));
    const stream = build(ssc, ...(streams as unknown as TestStreams<Inputs>));
    stream.foreachRDD(async (dataset, timeMs) => {
      outputs.set(timeMs, await dataset.collect());
    });
    await ssc.start();
    await clock.advance(batches * batchInterval);
    await ssc.stop();
    await ssc.awaitTermination();
  } finally {
    await ssc.destroy();
  }
  return Array.from(
    { length: batches },
    (_, index) => outputs.get((index + 1) * batchInterval) ?? null,
  );
}

/** An input that has its batches from the start. */
class TestInput<T> extends InputDStream<T> {
  readonly kind = "test";
  override readonly replay = "source";
  readonly #batches: readonly TestBatch<T>[];
  readonly #partitions: number;
  #host: InputHost | undefined;

  constructor(batches: readonly TestBatch<T>[], partitions: number) {
    super();
    this.#batches = batches;
    this.#partitions = partitions;
  }

  override start(host: InputHost): void {
    this.#host = host;
  }

  compute(timeMs: number): RDD<T> | undefined {
    const host = this.#host;
    if (host === undefined) return undefined;
    const records = this.#batches[(timeMs - host.zeroTimeMs) / host.batchIntervalMs - 1];
    if (records === null) return undefined;
    host.reportInput(timeMs, records?.length ?? 0);
    return new RDD(
      new ArrayNode(host.environment, "test", slices(records ?? [], this.#partitions)),
    );
  }
}
