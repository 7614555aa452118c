/**
 * Owns: which part the calling code has in the application: it is the driver, or an executor, which runs the same program to
 * build the same graph, and then serves.
 * Does not own: how executors come about and what they are asked (src/executor).
 *
 * A whole process is an executor (`becomeExecutor`), or what is called by `asExecutor` is one beside others and the driver.
 */
import { AsyncLocalStorage } from "node:async_hooks";
import { functionArgument, invariant, StreamError } from "../base/index.ts";
import type { GraphMirror } from "../core/index.ts";
import { type ExecutorLink, processLink, ServingExecutor } from "../executor/index.ts";
import { sharingOf } from "./data-context.ts";
import type { MirroredProgram } from "./mirrored-program.ts";

/** The environment variable that is set in the process of an executor. */
export const executorVariable = "MILLRACE_EXECUTOR";

/** An executor, as the program sees it that runs in it. */
export interface ExecutorRole {
  readonly id: string;
  /** The driver, as the graph asks it that is yet to be built. */
  readonly mirror?: GraphMirror;
  /** Serves with what the program has built; never resolves, and rejects where the driver refuses the program. */
  serve(program: MirroredProgram): Promise<never>;
}

const scopes = new AsyncLocalStorage<ExecutorRole>();
let roleOfProcess: ExecutorRole | undefined;

/** Makes this process an executor, for good; to be called before the program is loaded. */
export function becomeExecutor(role: ExecutorRole): void {
  invariant(roleOfProcess === undefined, "a process becomes an executor once");
  roleOfProcess = role;
}

/** Calls `work` as that executor, beside whatever else the process does. */
export function asExecutor<R>(role: ExecutorRole, work: () => R): R {
  return scopes.run(role, work);
}

/** The part of a context: that of the driver, or of an executor. */
export type Part =
  | { readonly kind: "driver" }
  | { readonly kind: "executor"; readonly role: ExecutorRole | undefined };

/** The part of whoever calls. */
export function currentPart(): Part {
  const link = roleOfProcess === undefined ? processLink() : undefined;
  if (link !== undefined) becomeExecutor(servingRole(link));
  const role = scopes.getStore() ?? roleOfProcess;
  const isExecutor = role !== undefined || process.env[executorVariable] !== undefined;
  return isExecutor ? { kind: "executor", role } : { kind: "driver" };
}

/**
 * Calls `f` on the driver, and gives what it returns; in an executor it calls nothing and gives undefined. For what must be
 * done once, in a program that runs in each process: serving a page, filling a table.
 */
export function onDriver<T>(f: () => T): T | undefined {
  functionArgument("f", f);
  return currentPart().kind === "driver" ? f() : undefined;
}

/** The role of an executor that serves by that link. */
export function servingRole(link: ExecutorLink): ExecutorRole {
  const executor = new ServingExecutor(link);
  return {
    id: executor.id,
    mirror: executor.mirror,
    serve: (program) =>
      executor.serve({ ...program, accumulators: sharingOf(program.data).accumulators }),
  };
}

/** What a graph asks that mirrors the driver's, in an executor; undefined on the driver. */
export function mirrorOf(part: Part): GraphMirror | undefined {
  return part.kind === "executor" ? part.role?.mirror : undefined;
}

/** The role that an executor serves in; throws `executor_unconnected` where nobody has given it one. */
export function roleOf(role: ExecutorRole | undefined): ExecutorRole {
  if (role === undefined) {
    throw new StreamError("executor_unconnected", { variable: executorVariable });
  }
  return role;
}

/** What never comes about: an executor runs until its driver is done with it. */
export function never(): Promise<never> {
  return new Promise(() => {});
}
