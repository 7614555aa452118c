/**
 * Owns: what makes this process an executor: its settings, its heartbeat thread, and what both threads share.
 * Does not own: how the role is used (process-link.ts), the thread (heartbeat-thread.ts).
 *
 * The role is taken before the program begins, by a module that the driver has Node load first, and handed over through
 * a symbol: the program may bring another copy of this package along.
 */
import type { Worker } from "node:worker_threads";
import type { ExecutorSettings } from "./executor-settings.ts";
import type { PendingAwaits } from "./pending-awaits.ts";

/** What the main thread publishes, whatever it does. */
export const cell = {
  /** The number of the operator whose code runs; 0 where none does. */
  operator: 0,
  /** Rises when the main thread has turned its event loop after it was asked to. */
  turns: 1,
} as const;

export const cellCount = 2;

export interface ProcessRole {
  readonly settings: ExecutorSettings;
  readonly cells: Int32Array;
  readonly thread: Worker;
  readonly awaits: PendingAwaits;
}

/** What the heartbeat thread is started with. */
export interface ThreadData {
  readonly settings: ExecutorSettings;
  readonly cells: Int32Array;
}

/** From the heartbeat thread to the main one. */
export type ToMain =
  /** Turn, and count it. */
  | { readonly kind: "turn" }
  /** Tell where the program stands. */
  | { readonly kind: "where" }
  /** The driver is gone: leave. */
  | { readonly kind: "leave" };

/** From the main thread to the heartbeat one. */
export type ToThread =
  | { readonly kind: "operator"; readonly number: number; readonly name: string }
  | { readonly kind: "stands"; readonly at: readonly string[] | undefined };

const roleSymbol = Symbol.for("millrace.executor.role");

export function takeRole(role: ProcessRole): void {
  Reflect.set(globalThis, roleSymbol, role);
}

/** The role of this process; undefined in a driver and in any other process. */
export function roleOfProcess(): ProcessRole | undefined {
  return Reflect.get(globalThis, roleSymbol) as ProcessRole | undefined;
}
