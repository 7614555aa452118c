/** Owns: word count over lines in memory, through a whole batch, against the best loop that a person writes. */
import { type Benchmark } from "../benchmark.ts";
import { assertSamePairs } from "../check.ts";
import { linesOfWords } from "../data.ts";
import { SteppedContext } from "../engine/stepped-context.ts";
import { best, ratio, sideBySide } from "../measure.ts";

type Counts = [string, number][];

export const wordCount: Benchmark = {
  name: "word-count",
  run: async () => {
    const lines = linesOfWords(100_000);
    const engine = await engineSide(lines);
    const loops = [countInMap, countInHolders, countByIndex];
    const sides = loops.map((count) => ({ name: count.name, run: () => count(lines) }));
    for (const { run } of sides) assertSamePairs(await engine.run(), run());
    const [engineMs = [], ...loopMs] = await sideBySide([engine, ...sides], { rounds: 21 });
    await engine.close();
    return [
      {
        name: "speed, of the best loop's",
        unit: "x",
        value: ratio(best(loopMs), engineMs),
        target: { atLeast: 0.7 },
      },
    ];
  },
};

async function engineSide(lines: readonly string[]) {
  const context = new SteppedContext();
  const input = context.input<string>();
  let counts: Counts = [];
  input.stream
    .flatMap((line) => line.split(" "))
    .map((word): [string, number] => [word, 1])
    .reduceByKey((a, b) => a + b)
    .foreachRDD(async (dataset) => {
      counts = await dataset.collect();
    });
  await context.start();
  const dataset = context.data.parallelize(lines);
  return {
    name: "engine",
    run: async () => {
      input.give(dataset);
      await context.batch();
      return counts;
    },
    close: () => context.close(),
  };
}

function countInMap(lines: readonly string[]): Counts {
  const counts = new Map<string, number>();
  for (const line of lines) {
    for (const word of line.split(" ")) counts.set(word, (counts.get(word) ?? 0) + 1);
  }
  return [...counts];
}

/** One look-up per word instead of two. */
function countInHolders(lines: readonly string[]): Counts {
  const counts = new Map<string, { count: number }>();
  for (const line of lines) {
    for (const word of line.split(" ")) {
      const holder = counts.get(word);
      if (holder === undefined) counts.set(word, { count: 1 });
      else holder.count++;
    }
  }
  return Array.from(counts, ([word, { count }]) => [word, count]);
}

function countByIndex(lines: readonly string[]): Counts {
  const counts = new Map<string, { count: number }>();
  for (let at = 0; at < lines.length; at++) {
    const words = (lines[at] as string).split(" ");
    for (let index = 0; index < words.length; index++) {
      const word = words[index] as string;
      const holder = counts.get(word);
      if (holder === undefined) counts.set(word, { count: 1 });
      else holder.count++;
    }
  }
  return Array.from(counts, ([word, { count }]) => [word, count]);
}
