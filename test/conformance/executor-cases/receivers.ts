/**
 * A receiver, which executors host. When its blocks come is a matter of their time, and not of the clock of the batches: so
 * what all batches together come to is compared, the last of which a graceful stop makes.
 */
import { application, Receiver, seconds } from "../../../src/index.ts";

export const outcome: unknown[] = [];

class Words extends Receiver<string> {
  onStart(): void {
    // What is begun here is stored, however soon the receiver is stopped.
    void this.storeMany(["to", "be", "or", "not", "to", "be"]);
    void this.storeMany(["that", "is", "the", "question"]);
  }

  onStop(): void {}
}

export default application({ batchInterval: seconds(1), defaultParallelism: 2 }, (ssc) => {
  const totals = new Map<string, number>();
  ssc
    .receiverStream(new Words())
    .map((word) => [word, 1])
    .reduceByKey((a, b) => a + b)
    .foreachRDD(async (dataset) => {
      for (const [word, count] of await dataset.collect()) {
        totals.set(word, (totals.get(word) ?? 0) + count);
      }
      outcome.splice(
        0,
        1,
        [...totals].toSorted(([a], [b]) => (a < b ? -1 : 1)),
      );
    });
});
