/**
 * Owns: the thread of an executor process that answers the driver's heartbeats over a connection of its own, whatever
 * the main thread does, and that ends the process when the driver is gone.
 * Does not own: how often the driver asks, and what it makes of the answers (liveness.ts).
 *
 * I1. No executor outlives its driver: when the connection closes, or the parent is another process than the driver, the
 *     main thread is told to leave, and after a moment the process is killed, also where its main thread is blocked.
 * I2. The last to leave leaves no socket behind.
 */
import { rmSync } from "node:fs";
import { parentPort, workerData } from "node:worker_threads";
import { consoleLogger, silentLogger, sleep, systemClock } from "../../base/index.ts";
import type { Blockage } from "../executors.ts";
import { driverId } from "../executors.ts";
import { addressOf, connectChannel, MethodTable } from "../wire/index.ts";
import { mainThreadStack } from "./main-thread-stack.ts";
import { cell, type ThreadData, type ToMain, type ToThread } from "./process-role.ts";

const parentWatchMs = 1000;
const leaveLimitMs = 500;
const whereLimitMs = 500;
const driverEndLooks = 10;
const driverEndLookMs = 20;

const { settings, cells } = workerData as ThreadData;
const clock = systemClock;
const operators = new Map<number, string>();

/** The turn that the main thread was asked for last: what it had counted before, and since when it is asked. */
let asked = { turns: -1, sinceMs: 0 };
let tellStands: (at: readonly string[] | undefined) => void = () => {};

parentPort?.on("message", (message: ToThread) => {
  if (message.kind === "operator") operators.set(message.number, message.name);
  else tellStands(message.at);
});

const methods = new MethodTable();
methods.add({ "millrace.beat": beat, "millrace.where": where });
watchParent();
void stayConnected();

async function stayConnected(): Promise<void> {
  try {
    const channel = await connectChannel({
      address: addressOf(settings.addressBase, driverId),
      token: settings.token,
      hello: { kind: "heartbeats", id: settings.id },
      remote: driverId,
      methods,
      // The streams of a thread go through the main thread, which may be blocked.
      logger: silentLogger,
    });
    await channel.closed;
  } catch (error) {
    consoleLogger.warn("the executor does not reach its driver", error);
  }
  await leave();
}

/** How long the main thread has not turned, and in which operator it stands. */
function beat(): Blockage {
  const turns = Atomics.load(cells, cell.turns);
  const now = clock.monotonicNow();
  if (turns !== asked.turns) {
    asked = { turns, sinceMs: now };
    tellMain({ kind: "turn" });
    return { operator: undefined, forMs: 0 };
  }
  const operator = operators.get(Atomics.load(cells, cell.operator));
  return { operator, forMs: now - asked.sinceMs };
}

/** Where the program stands: the await, or the line of a main thread that does not turn. */
async function where(): Promise<{ awaits?: readonly string[]; line?: readonly string[] }> {
  const answered = new Promise<{ at: readonly string[] | undefined }>((resolve) => {
    tellStands = (at) => resolve({ at });
  });
  tellMain({ kind: "where" });
  const answer = await Promise.race([answered, sleep(clock, whereLimitMs).then(() => undefined)]);
  if (answer !== undefined) return answer.at === undefined ? {} : { awaits: answer.at };
  const line = await mainThreadStack(clock, whereLimitMs);
  return { line: line ?? ["a system call"] };
}

function watchParent(): void {
  clock.setTimer(parentWatchMs, () => {
    if (process.ppid === settings.driverPid) watchParent();
    else void leave();
  });
}

async function leave(): Promise<void> {
  await removeSocketsOfDead();
  tellMain({ kind: "leave" });
  await sleep(clock, leaveLimitMs);
  process.kill(process.pid, "SIGKILL");
}

/** A driver that lives removes the directory itself. One that dies has closed its sockets a moment before it is gone. */
async function removeSocketsOfDead(): Promise<void> {
  if (settings.directory === undefined) return;
  for (let look = 0; look < driverEndLooks; look += 1) {
    if (process.ppid !== settings.driverPid) {
      rmSync(settings.directory, { recursive: true, force: true });
      return;
    }
    await sleep(clock, driverEndLookMs);
  }
}

function tellMain(message: ToMain): void {
  parentPort?.postMessage(message);
}
