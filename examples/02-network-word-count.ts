/**
 * The quick example of the guide: the words of each second, counted, from whatever sends lines on a TCP port.
 *
 *   nc -lk 9999                                                (in another terminal; what you type there is counted)
 *   node examples/02-network-word-count.ts [HOST] [PORT]       (default: localhost 9999)
 *
 * It runs until Ctrl-C.
 */
import { StreamingContext, seconds } from "millrace";

const [host = "localhost", port = "9999"] = process.argv.slice(2);

const ssc = new StreamingContext({
  appName: "NetworkWordCount",
  master: "local",
  batchInterval: seconds(1),
  stopGracefullyOnShutdown: true,
});

const lines = ssc.socketTextStream(host, Number(port));
const words = lines.flatMap((line) => line.split(" "));
const pairs = words.map((word) => [word, 1]);
const wordCounts = pairs.reduceByKey((left, right) => left + right);
wordCounts.print();

await ssc.start();
await ssc.awaitTermination();
