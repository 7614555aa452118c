/** Owns: what the settings of the tuning guide are worth: each figure is the time of one choice, of that of another. */
import { type DStream, milliseconds, type State } from "millrace";
import type { Benchmark, Figure } from "../benchmark.ts";
import { keys, linesOfWords, someOf } from "../data.ts";
import { SteppedContext } from "../engine/stepped-context.ts";
import { ratio, timed } from "../measure.ts";

/** One choice: a graph, and the records of each batch in so many partitions. */
interface Choice<T> {
  readonly build: (stream: DStream<T>) => DStream<unknown>;
  readonly records: (batch: number) => readonly T[];
  readonly partitions?: number;
  /** Batches before those that count. */
  readonly warmUps?: number;
}

export const tuning: Benchmark = {
  name: "tuning",
  run: async () => [
    ...(await reducePartitions()),
    ...(await blocksPerBatch()),
    await groupInsteadOfReduce(),
    await updateInsteadOfMap(),
    await windowWithoutInverse(),
  ],
};

const add = (a: number, b: number) => a + b;
const wordsOf = (lines: DStream<string>): DStream<[string, number]> =>
  lines.flatMap((line) => line.split(" ")).map((word): [string, number] => [word, 1]);

async function reducePartitions(): Promise<Figure[]> {
  const lines = linesOfWords(20_000);
  const choice = (partitions: number): Choice<string> => ({
    build: (stream) => wordsOf(stream).reduceByKey(add, partitions),
    records: () => lines,
  });
  const counts = [1, 4, 16];
  const [one = [], ...more] = await alternate(counts.map(choice));
  return more.map((times, index) => ({
    name: `word count: ${counts[index + 1]} partitions of reduceByKey, of 1`,
    unit: "x",
    value: ratio(times, one),
  }));
}

async function blocksPerBatch(): Promise<Figure[]> {
  const lines = linesOfWords(20_000);
  const choice = (partitions: number): Choice<string> => ({
    build: (stream) => wordsOf(stream).reduceByKey(add),
    records: () => lines,
    partitions,
  });
  const counts = [5, 50, 500];
  const [five = [], ...more] = await alternate(counts.map(choice));
  return more.map((times, index) => ({
    name: `word count: a batch of ${counts[index + 1]} blocks, of 5 (block interval)`,
    unit: "x",
    value: ratio(times, five),
  }));
}

async function groupInsteadOfReduce(): Promise<Figure> {
  const lines = linesOfWords(20_000);
  const [group = [], reduce = []] = await alternate<string>([
    {
      build: (stream) =>
        wordsOf(stream)
          .groupByKey()
          .mapValues((ones) => ones.reduce(add, 0)),
      records: () => lines,
      partitions: 5,
    },
    { build: (stream) => wordsOf(stream).reduceByKey(add), records: () => lines, partitions: 5 },
  ]);
  return {
    name: "word count: groupByKey and a sum, of reduceByKey",
    unit: "x",
    value: ratio(group, reduce),
  };
}

async function updateInsteadOfMap(): Promise<Figure> {
  const every = keys(100_000).map((key): [string, number] => [key, 1]);
  const records = (batch: number) => (batch === 0 ? every : someOf(every, 1000, batch));
  const [update = [], map = []] = await alternate<[string, number]>([
    {
      build: (stream) =>
        stream.updateStateByKey<string, number, number>((values, total) =>
          values.length === 0 ? total : values.reduce(add, total ?? 0),
        ),
      records,
    },
    {
      build: (stream) =>
        stream.mapWithState((_key: string, value: number | undefined, state: State<number>) => {
          state.update((state.getOption() ?? 0) + (value ?? 0));
          return state.get();
        }),
      records,
    },
  ]);
  return {
    name: "1,000 of 100,000 keys changed: updateStateByKey, of mapWithState",
    unit: "x",
    value: ratio(update, map),
  };
}

async function windowWithoutInverse(): Promise<Figure> {
  const every = keys(5000).map((key): [string, number] => [key, 1]);
  const length = 60;
  const records = (batch: number) => someOf(every, 2000, batch);
  const windowMs = (stream: DStream<unknown>) => milliseconds(length * stream.slideDuration);
  const [anew = [], forward = []] = await alternate<[string, number]>([
    {
      build: (stream) => stream.reduceByKeyAndWindow(add, windowMs(stream)),
      records,
      warmUps: length,
    },
    {
      build: (stream) => stream.reduceByKeyAndWindow(add, (a, b) => a - b, windowMs(stream)),
      records,
      warmUps: length,
    },
  ]);
  return {
    name: "a window of 60 slides: without inverse function, of with it",
    unit: "x",
    value: ratio(anew, forward),
  };
}

const passes = 3;
const batchesPerPass = 20;

/** The times of the batches of each choice, in ms. A process has one context at a time, so they take turns by passes. */
async function alternate<T>(choices: readonly Choice<T>[]): Promise<number[][]> {
  const times = choices.map((): number[] => []);
  for (let pass = 0; pass < passes; pass++) {
    for (const [index, choice] of choices.entries()) {
      times[index]?.push(...(await timesOf(choice)));
    }
  }
  return times;
}

async function timesOf<T>(choice: Choice<T>): Promise<number[]> {
  const { build, records, partitions = 1, warmUps = 5 } = choice;
  const context = new SteppedContext();
  const input = context.input<T>();
  build(input.stream).foreachRDD(async (dataset) => void (await dataset.count()));
  await context.start();
  const times: number[] = [];
  for (let batch = 0; batch < warmUps + batchesPerPass; batch++) {
    input.give(context.data.parallelize(records(batch), partitions));
    const ms = await timed(() => context.batch());
    if (batch >= warmUps) times.push(ms);
  }
  await context.close();
  return times;
}
