/** A receiver, which is on the driver: executors read its blocks. */
import { application, Receiver, seconds } from "../../../src/index.ts";

export const outcome: unknown[] = [];

class Words extends Receiver<string> {
  async onStart(): Promise<void> {
    for (const word of ["to", "be", "or", "not", "to", "be"]) await this.store(word);
    await this.storeMany(["that", "is", "the", "question"]);
  }

  onStop(): void {}
}

export default application({ batchInterval: seconds(1), defaultParallelism: 2 }, (ssc) => {
  const words = ssc.receiverStream(new Words());
  words
    .window(seconds(2))
    .map((word) => [word, 1])
    .reduceByKey((a, b) => a + b)
    .foreachRDD(async (dataset) => {
      const counts = await dataset.collect();
      outcome.push(counts.toSorted(([a], [b]) => (a < b ? -1 : 1)));
    });
});
