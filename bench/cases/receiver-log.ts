/**
 * Owns: word count over what a receiver stores, in a program that survives: with the receiver log on, of its speed with it off.
 */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Logger, milliseconds, Receiver, StreamingContext } from "millrace";
import type { Benchmark } from "../benchmark.ts";
import { linesOfWords } from "../data.ts";
import { ratio, sideBySide, spread } from "../measure.ts";

const lineCount = 400_000;
const blockLines = 5000;
/** Blocks that wait to be acknowledged at once, as with a source of several partitions. */
const inFlight = 16;

export const receiverLog: Benchmark = {
  name: "receiver-log",
  run: async () => {
    const lines = linesOfWords(lineCount);
    const sides = [true, false].map((isOn) => ({
      name: isOn ? "log on" : "log off",
      run: () => countWords(lines, isOn),
    }));
    const [onMs = [], offMs = []] = await sideBySide(sides, { rounds: 9, warmUps: 2 });
    const time = spread(onMs);
    const perSecond = (ms: number) => Math.round((lineCount / ms) * 1000);
    return [
      {
        name: "word count with the receiver log on: speed, of that with it off",
        unit: "x",
        value: ratio(offMs, onMs),
        target: { atLeast: 0.6 },
      },
      {
        name: "lines of ten words counted, with the receiver log",
        unit: "records/s",
        value: {
          median: perSecond(time.median),
          low: perSecond(time.high),
          high: perSecond(time.low),
        },
      },
    ];
  },
};

/** Stores lines in blocks, some at once. */
class LineReceiver extends Receiver<string> {
  readonly #lines: readonly string[];

  constructor(lines: readonly string[]) {
    super();
    this.#lines = lines;
  }

  override async onStart(): Promise<void> {
    let next = 0;
    const storeOn = async (): Promise<void> => {
      while (next < this.#lines.length) {
        const from = next;
        next += blockLines;
        await this.storeMany(this.#lines.slice(from, next));
      }
    };
    await Promise.all(Array.from({ length: inFlight }, storeOn));
  }

  override onStop(): void {}
}

const logger: Logger = { info: () => {}, warn: console.error, error: console.error };

async function countWords(lines: readonly string[], isOn: boolean): Promise<void> {
  const directory = await mkdtemp(join(tmpdir(), "millrace-bench-"));
  try {
    const context = new StreamingContext({
      appName: "receiver-log",
      batchInterval: milliseconds(100),
      receiverLog: isOn,
      logger,
    });
    context.checkpoint(directory);
    let counted = 0;
    context
      .receiverStream(new LineReceiver(lines))
      .flatMap((line) => line.split(" "))
      .map((word): [string, number] => [word, 1])
      .reduceByKey((a, b) => a + b)
      .foreachRDD(async (dataset) => {
        for (const [, count] of await dataset.collect()) counted += count;
        if (counted === 10 * lineCount) void context.stop();
      });
    await context.start();
    await context.awaitTermination();
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}
