/** An executor's program that does what it is asked. */
import { connect } from "node:net";
import { Worker } from "node:worker_threads";
import { processLink } from "../../../../../src/executor/index.ts";

const link = processLink();
if (link === undefined) throw new Error("not an executor");
const [fingerprint = "same", witness] = process.argv.slice(2);
// Whoever listens there learns of the end of this process, whatever the process is doing.
if (witness !== undefined) connect(witness).unref();

link.serve({
  echo: (value, { from }) => [from, value],
  facts: () => ({
    pid: process.pid,
    variable: process.env["MILLRACE_EXECUTOR"] ?? "none",
    argv: process.argv.slice(2),
  }),
  "ask peer": (peer) => link.peer(String(peer)).request("echo", "hello"),
  "stream peer": (peer) => link.peer(String(peer)).stream("numbers", 5),
  "ask driver": (value) => link.driver.request("double", value),
  *numbers(count) {
    for (let number = 0; number < Number(count); number += 1) yield number;
  },
  print: (text) => console.log(text),
  exit: (code) => process.exit(Number(code)),
  hang: () => new Promise(() => {}),
  block: (operator) => {
    link.enter(String(operator));
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0);
  },
  "loop in thread": () =>
    new Promise((resolve) => {
      const code = "require('node:worker_threads').parentPort.postMessage(process.execArgv.length)";
      new Worker(code, { eval: true }).once("message", resolve);
    }),
});
link.onLeaving(() => console.log("leaves in order"));
await link.ready(fingerprint);
