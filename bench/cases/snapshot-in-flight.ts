/**
 * Owns: what a snapshot of 1,000,000 keys costs the batches that run beside it, at half load, and whether it ends within its
 * interval. So many keys change between two snapshots that each of these is a full one.
 */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  type BatchInfo,
  InputDStream,
  type Logger,
  milliseconds,
  type RDD,
  type State,
  StateSpec,
  StreamingContext,
  seconds,
} from "millrace";
import type { Benchmark } from "../benchmark.ts";
import { ratio, spread } from "../measure.ts";

const keyCount = 1_000_000;
const intervalMs = 1000;
const snapshotIntervalMs = 10_000;
const snapshotsMeasured = 5;
const records = 400_000;

export const snapshotInFlight: Benchmark = {
  name: "snapshot-in-flight",
  run: async () => {
    const directory = await mkdtemp(join(tmpdir(), "millrace-bench-"));
    try {
      const { beside, durations, without } = await measure(directory);
      // One half of the batches against the other: by rank, as they are not pairs.
      const typical = spread(without).median;
      return [
        {
          name: "batch with a snapshot of 1,000,000 keys in flight, of one without: time",
          unit: "x",
          value: ratio(
            beside,
            beside.map(() => typical),
          ),
          target: { atMost: 1.3 },
        },
        {
          name: "the snapshot, of its interval: time",
          unit: "x",
          value: spread(durations.map((ms) => ms / snapshotIntervalMs)),
          target: { atMost: 1 },
        },
        {
          name: "batch without, of the batch interval: time (the load)",
          unit: "x",
          value: spread(without.map((ms) => ms / intervalMs)),
        },
      ];
    } finally {
      await rm(directory, { recursive: true, force: true });
    }
  },
};

/** In each batch as many keys as make half of the load, others than in the batch before. */
class RollingKeys extends InputDStream<[number, number]> {
  override readonly kind: string = "rolling keys";
  override readonly replay = "source";
  readonly #make: (from: number, count: number) => RDD<[number, number]>;
  /** All keys first. */
  count = keyCount;

  constructor(make: (from: number, count: number) => RDD<[number, number]>) {
    super();
    this.#make = make;
  }

  override compute(timeMs: number): RDD<[number, number]> {
    return this.#make((timeMs / intervalMs) * this.count, this.count);
  }
}

interface Measured {
  readonly beside: readonly number[];
  readonly without: readonly number[];
  readonly durations: readonly number[];
}

async function measure(directory: string): Promise<Measured> {
  const logger: Logger = { info: () => {}, warn: console.error, error: console.error };
  const context = new StreamingContext({
    appName: "snapshot-in-flight",
    batchInterval: milliseconds(intervalMs),
    logger,
  });
  context.checkpoint(directory);
  const keysFrom = (from: number, count: number) =>
    context.data.parallelize(
      Array.from({ length: count }, (_, index): [number, number] => [
        ((from + index) * 7919) % keyCount,
        1,
      ]),
    );
  const input = new RollingKeys(keysFrom);
  context
    .inputStream(input)
    .mapWithState(
      StateSpec.function((_key: number, more: number | undefined, state: State<number>): void => {
        state.update((state.getOption() ?? 0) + (more ?? 0));
      }),
    )
    .checkpoint(seconds(snapshotIntervalMs / 1000))
    .foreachRDD(async (dataset) => void (await dataset.count()));
  const [beside, without, durations]: number[][] = [[], [], []];
  let batches = 0;
  let inFlight = false;
  let wasInFlight = false;
  let finish = (): void => {};
  const done = new Promise<void>((resolve) => {
    finish = resolve;
  });
  const take = ({ processingDelay: ms = 0 }: BatchInfo): void => {
    batches += 1;
    if (batches === 1) input.count = records / 4;
    else if (batches <= 6) input.count = Math.round(nextCount(input.count, ms));
    else if (inFlight && wasInFlight) beside?.push(ms);
    else if (!inFlight && !wasInFlight) without?.push(ms);
    wasInFlight = inFlight;
  };
  context.addStreamingListener({
    onBatchCompleted: take,
    onStateSnapshotStarted: () => {
      inFlight = true;
      wasInFlight = true;
    },
    onStateSnapshotCompleted: ({ duration, entryCount }) => {
      inFlight = false;
      if (batches > 6 && entryCount >= keyCount) durations?.push(duration);
      if (durations?.length === snapshotsMeasured) finish();
    },
  });
  await context.start();
  await Promise.race([done, context.awaitTermination()]);
  await context.destroy();
  return { beside: beside ?? [], without: without ?? [], durations: durations ?? [] };
}

/** Towards half of the batch interval. */
function nextCount(count: number, tookMs: number): number {
  return Math.min(
    records,
    count * Math.min(2, Math.max(0.5, intervalMs / 2 / Math.max(1, tookMs))),
  );
}
