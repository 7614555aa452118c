/** A program whose executors end by SIGKILL in the middle of map and reduce tasks, once each. */
import { openSync } from "node:fs";
import { join } from "node:path";
import { application, seconds } from "../../../src/index.ts";
import { ListedInput } from "./listed-input.ts";

export const outcome: unknown[] = [];

const lines = [["to be or not", "to be"], ["the question", "to be"], [], ["be"]];

/** Ends this process, the first time that anybody comes to this point. */
function dieOnce(point: string): void {
  const directory = process.env["MILLRACE_CASE_DIRECTORY"];
  if (directory === undefined) return;
  try {
    openSync(join(directory, point), "wx");
  } catch {
    return;
  }
  process.kill(process.pid, "SIGKILL");
}

export default application({ batchInterval: seconds(1), defaultParallelism: 3 }, (ssc) => {
  const pairs = ssc
    .inputStream(new ListedInput(lines, 3))
    .flatMap((line) => line.split(" "))
    .map((word) => {
      if (word === "not") dieOnce("map");
      return [word, 1];
    });
  pairs
    .reduceByKey((a, b) => a + b)
    .mapValues((count) => {
      dieOnce("reduce");
      return count;
    })
    .window(seconds(2))
    .groupByKey()
    .foreachRDD(async (dataset) => {
      outcome.push(await dataset.collect());
    });
});
