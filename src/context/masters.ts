/**
 * Owns: what the address of a master means: where tasks run, and who makes the executors.
 * Does not own: the executors (src/executor), when they start (context-executors.ts).
 */
import { availableParallelism } from "node:os";
import { fileURLToPath } from "node:url";
import { type Logger, StreamError, systemClock } from "../base/index.ts";
import { type Executors, ProcessExecutors } from "../executor/index.ts";

/** Where tasks run: in this process, or in that many executors. */
export type MasterAddress = "local" | `local[${number}]` | "local[*]";

/** What executors are wanted for. */
export interface MasterRequest {
  readonly count: number;
  /** Proves that an executor has the graph of the driver. */
  readonly fingerprint: string;
  /** The address of the module that executors load; undefined where the master has no use for one. */
  readonly module: string | undefined;
  readonly logger: Logger;
}

/** What makes executors. */
export interface Master {
  /** Whether executors load the program of the driver anew. */
  readonly loadsModule: boolean;
  /** Makes them; they are not started. */
  launch(request: MasterRequest): Executors;
}

/** A master, and how many executors the address asks it for. */
export interface ChosenMaster {
  readonly count: number;
  readonly master: Master;
}

/** Processes of this machine, each of which runs the program with the arguments of the driver. */
const processes: Master = {
  loadsModule: true,
  launch: ({ count, fingerprint, logger, module = "" }) =>
    new ProcessExecutors({
      count,
      fingerprint,
      logger,
      // Processes live in real time, whatever clock the batches have.
      clock: systemClock,
      program: { script: fileURLToPath(module), args: process.argv.slice(2) },
    }),
};

const masters = new Map<string, Master>([["local", processes]]);

/** Lets an address `scheme[n]` mean executors that `master` makes. */
export function registerMaster(scheme: string, master: Master): void {
  masters.set(scheme, master);
}

/** The master of an address; undefined where tasks run in this process. Throws `master_unknown`. */
export function masterOf(address: string): ChosenMaster | undefined {
  if (address === "local") return undefined;
  const [, scheme = "", count = ""] = /^([a-z-]+)\[([1-9]\d*|\*)\]$/.exec(address) ?? [];
  const master = masters.get(scheme);
  if (master === undefined) throw new StreamError("master_unknown", { master: address });
  return { master, count: count === "*" ? availableParallelism() : Number(count) };
}
