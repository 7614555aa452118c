/**
 * Owns: making this process an executor before its program begins. Node loads this module first (`--import`), in the
 * executors that a driver starts, and in their threads, where it does nothing.
 * Does not own: the heartbeat thread (heartbeat-thread.ts), serving (process-link.ts).
 *
 * I1. The variable is gone when the program begins: what the program starts is no executor.
 * I2. Nothing here keeps the process alive: a program that ends without `start()` ends.
 * I3. Signals of a terminal or a service manager are the driver's affair: it lets executors leave, and they leave when
 *     it is gone.
 */
import { isMainThread, Worker } from "node:worker_threads";
import { executorVariable, readSettings } from "./executor-settings.ts";
import { PendingAwaits } from "./pending-awaits.ts";
import {
  cell,
  cellCount,
  type ThreadData,
  type ToMain,
  type ToThread,
  takeRole,
} from "./process-role.ts";
import { siblingModule } from "./sibling-module.ts";

const text = process.env[executorVariable];
if (isMainThread && text !== undefined) becomeExecutor(text);

function becomeExecutor(settingsText: string): void {
  delete process.env[executorVariable];
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.on(signal, () => {});
  const settings = readSettings(settingsText);
  const cells = new Int32Array(new SharedArrayBuffer(cellCount * Int32Array.BYTES_PER_ELEMENT));
  const workerData: ThreadData = { settings, cells };
  // Without the arguments of the process: its thread loads no module of the program first.
  const thread = new Worker(siblingModule(import.meta.url, "heartbeat-thread"), {
    workerData,
    execArgv: [],
    name: "millrace heartbeats",
  });
  const awaits = new PendingAwaits();
  thread.on("message", (message: ToMain) => {
    switch (message.kind) {
      case "turn":
        Atomics.add(cells, cell.turns, 1);
        return;
      case "where":
        thread.postMessage({ kind: "stands", at: awaits.standsAt() } satisfies ToThread);
        return;
      case "leave":
        process.exit(0);
    }
  });
  thread.unref();
  process.on("exit", (code) => tellWhereItEnds(code, awaits));
  takeRole({ settings, cells, thread, awaits });
}

/** Exit code 13 is Node's for a top-level await that nothing can end; the driver attaches what is printed last. */
function tellWhereItEnds(code: number, awaits: PendingAwaits): void {
  if (code !== 13) return;
  const places = awaits.standsAt();
  if (places !== undefined) process.stderr.write(`never ends: await at ${places.join(", in ")}\n`);
}
