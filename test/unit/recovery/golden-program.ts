/**
 * Owns: the programs of whose lives, and ends by a crash, test/fixtures/v1/directory and window-directory are what was left; the
 * second was written before the snapshots of a window carried its batches.
 */
import { type DStream, Receiver, StreamingContext, seconds } from "../../../src/index.ts";
import { ManualClock } from "../../../src/testing/index.ts";

/** What one life came to. */
export interface GoldenLife {
  readonly isRecovering: boolean;
  /** What the output was given: the sums after each batch. */
  readonly sums: readonly (readonly [timeMs: number, sums: unknown])[];
}

type Keyed = DStream<[string, number]>;

const summing = (numbers: Keyed): Keyed =>
  numbers
    .updateStateByKey((values, sum: number | undefined) =>
      values.reduce((left, right) => left + right, sum ?? 0),
    )
    .uid("sums");

/** The sums of the last four batches. */
export const windowing = (numbers: Keyed): Keyed =>
  numbers
    .reduceByKeyAndWindow(
      (left, right) => left + right,
      (total, leaving) => total - leaving,
      seconds(4),
      seconds(1),
    )
    .uid("recent");

/** Stores what it is told to. */
class NumberReceiver extends Receiver<number> {
  override onStart(): void {}
  override onStop(): void {}

  async give(from: number): Promise<void> {
    await this.storeMany([from, from + 1], { position: { partition: "0", from, until: from + 2 } });
  }
}

/**
 * Runs the program for some batches of a second, each with two numbers, which count up; then it dies, or stops. Each
 * number is added to the sum of the even or of the odd ones.
 */
export async function liveGolden(
  directory: string,
  life: {
    startMs: number;
    batches: number;
    firstNumber: number;
    dies: boolean;
    operator?: (numbers: Keyed) => Keyed;
  },
): Promise<GoldenLife> {
  const clock = new ManualClock(life.startMs);
  const sums: (readonly [number, unknown])[] = [];
  const receiver = new NumberReceiver();
  const context = await StreamingContext.getOrCreate(directory, () => {
    const logger = { info: () => {}, warn: () => {}, error: () => {} };
    const ssc = new StreamingContext({
      appName: "golden",
      batchInterval: seconds(1),
      clock,
      logger,
    });
    const numbers = ssc.receiverStream(receiver).uid("numbers");
    const keyed = numbers.map((n): [string, number] => [n % 2 === 0 ? "even" : "odd", n]);
    const totals = (life.operator ?? summing)(keyed);
    totals.checkpoint(seconds(2));
    totals
      .foreachRDD(async (dataset, timeMs) => {
        sums.push([
          timeMs,
          (await dataset.collect()).toSorted(([left], [right]) => (left < right ? -1 : 1)),
        ]);
      })
      .uid("shown");
    return ssc;
  });
  await context.start();
  for (let batch = 0; batch < life.batches; batch += 1) {
    await receiver.give(life.firstNumber + 2 * batch);
    await clock.advance(1000);
  }
  await (life.dies ? context.destroy() : context.stop());
  return { isRecovering: context.isRecovering, sums };
}
