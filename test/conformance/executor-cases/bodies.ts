import { application, seconds } from "../../../src/index.ts";
import { ListedInput } from "./listed-input.ts";

export const outcome: unknown[] = [];

const numbers = [[5, 3, 9, 1], [2, 8], [], [7]];

export default application({ batchInterval: seconds(1), defaultParallelism: 2 }, (ssc) => {
  const stream = ssc.inputStream(new ListedInput(numbers, 2));
  const total = ssc.data.accumulator("total");
  stream
    .map((x) => {
      total.add(x);
      return [x % 2, x];
    })
    .reduceByKey((a, b) => a + b)
    .foreachRDD(async (dataset) => {
      outcome.push(await dataset.collect(), await dataset.count());
    });
  // On the driver, over what the executors have.
  stream
    .transform((dataset) => dataset.sortBy((x) => x))
    .map((x) => x * 2)
    .foreachRDD(async (dataset) => {
      outcome.push(await dataset.collect(), total.value);
    });
  stream
    .transform((dataset) => dataset.map((x) => [x % 3, x]).sortByKey(), { on: "executors" })
    .foreachRDD(async (dataset) => {
      outcome.push(
        await dataset
          .map(([, x]) => x + 1)
          .reduce((a, b) => a + b)
          .catch(() => 0),
      );
    });
  ssc
    .queueStream([["x", "y"], ["z"]])
    .map((x) => `${x}!`)
    .foreachRDD(async (dataset) => {
      outcome.push(await dataset.collect());
    });
});
