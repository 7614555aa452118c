/**
 * Files: the words of the text files that are moved into a directory, counted, and saved when a place is given.
 *
 *   node examples/07-text-files.ts DIRECTORY [OUTPUT_PREFIX]
 *
 * A file has to appear in the directory whole, by a move; its counts are then saved in OUTPUT_PREFIX-<batch time>. It
 * runs until Ctrl-C.
 */
import { application, seconds } from "millrace";

const [directory, outputPrefix] = process.argv.slice(2);
if (directory === undefined) throw new Error("say which directory the files appear in");

export default application(
  {
    appName: "TextFiles",
    master: "local",
    batchInterval: seconds(1),
    stopGracefullyOnShutdown: true,
  },
  (ssc) => {
    const lines = ssc.textFileStream(directory);
    const words = lines.flatMap((line) => line.split(" "));
    const wordCounts = words.map((word) => [word, 1]).reduceByKey((left, right) => left + right);
    wordCounts.print();
    if (outputPrefix !== undefined) wordCounts.saveAsTextFiles(outputPrefix);
  },
);
