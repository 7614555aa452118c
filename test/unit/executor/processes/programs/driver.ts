/** A driver with two executors, of which one is blocked where it is told so. It prints where its sockets lie, and lives until it is killed. */
import { fileURLToPath } from "node:url";
import { consoleLogger, systemClock } from "../../../../../src/base/index.ts";
import { ProcessExecutors } from "../../../../../src/executor/index.ts";

const [blocked, ...witness] = process.argv.slice(2);
const executors = new ProcessExecutors({
  count: 2,
  fingerprint: "same",
  program: {
    script: fileURLToPath(new URL("./serves.ts", import.meta.url)),
    args: ["same", ...witness],
  },
  clock: systemClock,
  logger: consoleLogger,
});
await executors.start();
const [first] = executors.living;
if (first === undefined) throw new Error("no executor");
if (blocked === "blocked") executors.request(first.id, "block", "map-1").catch(() => {});
console.log(JSON.stringify(executors.living));
