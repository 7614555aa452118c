/** A program that prints each batch, and ends with what its termination tells, on standard error. */
import { milliseconds, StreamingContext } from "../../../src/index.ts";

const ssc = new StreamingContext({
  batchInterval: milliseconds(20),
  attempts: 1,
  onFailure: "stop",
});
ssc.constantStream(ssc.data.parallelize(["hello"])).print();
await ssc.start();
await ssc.awaitTermination().catch((error: Error) => console.error(`ended: ${error.message}`));
