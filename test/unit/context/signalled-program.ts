/**
 * A program that stops gracefully on SIGTERM and SIGINT. It prints "ready" when a batch has run, and at its end how many
 * records the receiver had taken and how many were processed. With the argument "hang" a job never ends.
 */
import { milliseconds, StreamingContext, seconds, systemClock } from "../../../src/index.ts";
import { CountingReceiver } from "./counting-receiver.ts";

const hangs = process.argv[2] === "hang";
const ssc = new StreamingContext({
  batchInterval: milliseconds(50),
  blockInterval: milliseconds(20),
  stopGracefullyOnShutdown: true,
  gracefulStopTimeout: seconds(60),
});
const receiver = new CountingReceiver(systemClock, 3);
let processed = 0;
ssc.receiverStream(receiver).foreachRDD(async (dataset) => {
  processed += await dataset.count();
  if (processed > 0) console.log("ready");
  if (hangs && processed > 0) await new Promise(() => {});
});
await ssc.start();
await ssc.awaitTermination();
console.log(JSON.stringify({ taken: receiver.taken.length, processed }));
