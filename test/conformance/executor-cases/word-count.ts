import { application, seconds } from "../../../src/index.ts";
import { ListedInput } from "./listed-input.ts";

export const outcome: unknown[] = [];

const lines = [["to be or not", "to be", "that is"], ["the question", "to be"], [], ["be"]];

export default application({ batchInterval: seconds(1), defaultParallelism: 3 }, (ssc) => {
  const words = ssc.inputStream(new ListedInput(lines, 2)).flatMap((line) => line.split(" "));
  words
    .map((word) => [word, 1])
    .reduceByKey((a, b) => a + b)
    .foreachRDD(async (dataset) => {
      outcome.push(await dataset.collect(), await dataset.count(), await dataset.take(2));
    });
  words
    .map((word) => [word.length, word])
    .groupByKey()
    .foreachRDD(async (dataset) => {
      outcome.push(await dataset.collect());
    });
  words
    .map((word) => [word, 1])
    .updateStateByKey((values, count: number | undefined) => values.length + (count ?? 0))
    .foreachRDD(async (dataset) => {
      outcome.push(await dataset.collect());
    });
});
