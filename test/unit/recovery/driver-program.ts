/**
 * A driver in a process of its own, on the directory that is the first argument; with `takeOver` as the second it takes over
 * from one that hangs. It numbers records, and prints, a line each: "ready", "batch" with a batch time, "acknowledged" with a
 * position, and at its end the code of the error and the process that it names.
 */
import { setTimeout as sleep } from "node:timers/promises";
import { milliseconds, StreamError, StreamingContext } from "../../../src/index.ts";

const [, , directory = "", how] = process.argv;

const source = {
  async *open(from: number, signal: AbortSignal) {
    for (let position = from; !signal.aborted; position += 1) {
      yield { position, record: position };
      await sleep(5);
    }
  },
  acknowledge: (until: number) => console.log(`acknowledged ${until}`),
};

const logger = { info: () => {}, warn: () => {}, error: () => {} };

function create(): StreamingContext {
  const context = new StreamingContext({ batchInterval: milliseconds(100), logger });
  const numbers = context.resumableStream(source, { blockIntervalMs: 20 });
  numbers.foreachRDD(async (dataset, timeMs) => {
    if ((await dataset.count()) > 0) console.log(`batch ${timeMs}`);
  });
  return context;
}

try {
  const takeOver = how === "takeOver";
  const context = await StreamingContext.getOrCreate(directory, create, { takeOver });
  await context.start();
  console.log("ready");
  await context.awaitTermination();
} catch (error) {
  if (!(error instanceof StreamError)) throw error;
  console.log(`ended ${error.code} ${String(error.details["pid"])}`);
}
