/** The next life of an application goes on, with executors, where the last one was killed. */
import { mkdirSync, mkdtempSync, rmSync, utimesSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { silentLogger } from "../../../../src/base/index.ts";
import { StreamingContext, seconds } from "../../../../src/index.ts";
import { ManualClock } from "../../../../src/testing/index.ts";
import { executorsRun, inProcess, latestExecutors } from "../../../support/in-process-master.ts";

let directory: string;

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "millrace-lives-"));
});

afterEach(() => {
  rmSync(directory, { recursive: true });
});

/** Two lives of three batches each over a directory of files, with a time between them at which nothing ran. */
async function twoLives(master: "local", name: string, kills: boolean): Promise<unknown[]> {
  const outcome: unknown[] = [];
  const clock = new ManualClock(1_700_000_000_000);
  const input = join(directory, `${name}-input`);
  const checkpoints = `memory:${name}-${directory}`;
  mkdirSync(input);
  const put = (file: string, text: string): void => {
    writeFileSync(join(input, file), text);
    utimesSync(join(input, file), clock.now() / 1000, clock.now() / 1000);
  };
  const create = (): StreamingContext => {
    const ssc = new StreamingContext({
      appName: "lives",
      clock,
      master,
      batchInterval: seconds(1),
      defaultParallelism: 2,
      logger: silentLogger,
      attempts: 1,
    });
    const words = ssc.textFileStream(input).flatMap((line) => line.split(" "));
    const pairs = words.map((word): [string, number] => [word, 1]);
    pairs
      .updateStateByKey((values, count: number | undefined) => values.length + (count ?? 0))
      .uid("counts")
      .foreachRDD(async (dataset, timeMs) => {
        outcome.push([timeMs, "counts", await dataset.collect()]);
      })
      .uid("count output");
    pairs
      .window(seconds(3))
      .groupByKey()
      .foreachRDD(async (dataset, timeMs) => {
        outcome.push([timeMs, "window", await dataset.collect()]);
      })
      .uid("window output");
    return ssc;
  };
  executorsRun(async () => (await StreamingContext.getOrCreate(checkpoints, create)).start());
  const live = async (files: readonly string[], batches: number): Promise<void> => {
    const ssc = await StreamingContext.getOrCreate(checkpoints, create);
    await ssc.start();
    for (const [index, text] of files.entries()) {
      put(`${clock.now()}-${index}`, text);
      await clock.advance(1000);
      if (kills) latestExecutors().kill(latestExecutors().living[0]?.id ?? "");
    }
    await clock.advance(batches * 1000);
    // Nothing is told, nothing is waited for: as a kill.
    await ssc.destroy();
  };
  await live(["to be or", "not to be"], 1);
  await clock.advance(5000);
  await live(["that is", "the question"], 1);
  return outcome;
}

test.each([
  ["that live", false],
  ["that are killed after each batch", true],
])("with executors %s all is as in one process", async (_what, kills) => {
  const there = await twoLives(inProcess(2), "there", kills);
  expect(there).toEqual(await twoLives("local", "here", false));
  expect(there.length).toBeGreaterThan(8);
});
