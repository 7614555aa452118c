/** Runs a case as the driver, in a process of its own: `node run-case.ts <case> <master>` prints its outcome as JSON. */
import { fileURLToPath } from "node:url";
import { silentLogger } from "../../../src/base/index.ts";
import type { StreamingContextOptions } from "../../../src/index.ts";
import { ManualClock } from "../../../src/testing/index.ts";
import { type CaseModule, caseBatches, moduleOf } from "./case-module.ts";

const [name = "", master = ""] = process.argv.slice(2);
const address = moduleOf(name);
const { default: application, outcome } = (await import(address.href)) as CaseModule;
const clock = new ManualClock();
const printed: string[] = [];
const ssc = await application.open({
  master: master as NonNullable<StreamingContextOptions["master"]>,
  executorModule: fileURLToPath(address),
  clock,
  logger: silentLogger,
  onFailure: "stop",
  attempts: 1,
  print: (text) => printed.push(text),
});
await ssc.start();
await clock.advance(caseBatches * 1000);
await ssc.stop();
await ssc.awaitTermination();
console.log(`outcome ${JSON.stringify([outcome, printed])}`);
