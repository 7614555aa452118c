/** Outputs that write where the data are: into a directory of files, the path of which is in the environment. */
import { appendFileSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { application, seconds } from "../../../src/index.ts";
import { ListedInput } from "./listed-input.ts";

export const outcome: unknown[] = [];

const numbers = [[5, 3, 9, 1], [2, 8], [], [7]];

export default application({ batchInterval: seconds(1), defaultParallelism: 2 }, (ssc) => {
  const directory = process.env["MILLRACE_CASE_DIRECTORY"] ?? "";
  const stream = ssc.inputStream(new ListedInput(numbers, 2));
  stream.foreachPartition((records, partition, timeMs) => {
    appendFileSync(join(directory, `partition-${partition}`), `${timeMs} ${records.join(" ")}\n`);
  });
  stream.saveAsTextFiles(join(directory, "text"));
  stream.saveAsFiles(join(directory, "own"), {
    extension: ".own",
    write: (records) => [records.map((record) => `<${record}>`).join("")],
  });
  stream.print(2);
  stream.foreachRDD(() => {
    const files = readdirSync(directory, { recursive: true, encoding: "utf8" })
      .filter((name) => /partition-\d+$|part-\d+(\.own)?$/.test(name))
      .toSorted();
    outcome.push(files.map((name) => [name, readFileSync(join(directory, name), "utf8")]));
  });
});
