/**
 * Owns: the executor's side of an executor process: proving the graph, asking the driver and other executors, being
 * asked, leaving.
 * Does not own: taking the role (preload.ts), heartbeats (heartbeat-thread.ts), what is asked.
 *
 * I1. The process leaves when the driver lets it, and when the driver is gone.
 */
import {
  type Clock,
  consoleLogger,
  type Logger,
  StreamError,
  systemClock,
} from "../../base/index.ts";
import { type CallTarget, driverId, type ExecutorLink, type Handlers } from "../executors.ts";
import { addressOf, type Channel, connectChannel, MethodTable } from "../wire/index.ts";
import { Peers } from "./peers.ts";
import { cell, type ProcessRole, roleOfProcess, type ToThread } from "./process-role.ts";

/** The method by which the driver lets an executor leave. */
export const leaveMethod = "millrace.leave";

let link: ProcessLink | undefined;

/** What this process has to do with its driver, where a driver has started it as an executor; undefined elsewhere. */
export function processLink(): ExecutorLink | undefined {
  const role = roleOfProcess();
  if (role === undefined) return undefined;
  link ??= new ProcessLink(role, systemClock, consoleLogger);
  return link;
}

class ProcessLink implements ExecutorLink {
  readonly id: string;
  readonly #role: ProcessRole;
  readonly #clock: Clock;
  readonly #logger: Logger;
  readonly #methods = new MethodTable();
  readonly #peers: Peers;
  readonly #leaving: (() => void | Promise<void>)[] = [];
  readonly #operators = new Map<string, number>();
  #driver: Channel | undefined;

  constructor(role: ProcessRole, clock: Clock, logger: Logger) {
    this.id = role.settings.id;
    this.#role = role;
    this.#clock = clock;
    this.#logger = logger;
    this.#peers = new Peers(role.settings, this.#methods, logger);
    this.#methods.add({ [leaveMethod]: () => this.#leave() });
  }

  get driver(): CallTarget {
    if (this.#driver === undefined)
      throw new StreamError("executor_not_ready", { executor: this.id });
    return this.#driver;
  }

  peer(executorId: string): CallTarget {
    return this.#peers.target(executorId);
  }

  serve(handlers: Handlers): void {
    this.#methods.add(handlers);
  }

  onLeaving(listener: () => void | Promise<void>): void {
    this.#leaving.push(listener);
  }

  fail(error: unknown): void {
    this.#logger.error("an executor ends, as it cannot go on", error);
    process.exit(1);
  }

  enter(operator: string | undefined): void {
    this.#role.cells[cell.operator] = operator === undefined ? 0 : this.#numberOf(operator);
  }

  async ready(fingerprint: string): Promise<never> {
    const { addressBase, token } = this.#role.settings;
    const listener = await this.#peers.listen(this.#clock);
    try {
      this.#driver = await connectChannel({
        address: addressOf(addressBase, driverId),
        token,
        hello: { kind: "executor", id: this.id, pid: process.pid, fingerprint },
        remote: driverId,
        methods: this.#methods,
        logger: this.#logger,
      });
    } catch (error) {
      await listener.close();
      throw error;
    }
    this.#role.awaits.stop();
    await this.#driver.closed;
    // Nothing that is computed here is of use to anybody any more. The heartbeat thread finds out whether the driver is
    // dead, which takes a moment, and removes the sockets then: the process is its to end.
    this.#role.thread.ref();
    return new Promise<never>(() => {});
  }

  #numberOf(operator: string): number {
    const known = this.#operators.get(operator);
    if (known !== undefined) return known;
    const number = this.#operators.size + 1;
    this.#operators.set(operator, number);
    const message: ToThread = { kind: "operator", number, name: operator };
    this.#role.thread.postMessage(message);
    return number;
  }

  async #leave(): Promise<never> {
    for (const listener of this.#leaving) {
      try {
        await listener();
      } catch (error) {
        this.#logger.error("an executor did not leave in order", error);
      }
    }
    process.exit(0);
  }
}
