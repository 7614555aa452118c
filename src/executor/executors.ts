/**
 * Owns: the port through which the driver reaches its executors, and the link through which an executor reaches the
 * driver and the other executors. Nothing above this port knows whether an executor is an object or a process.
 * Does not own: which requests there are (tasks, states, receivers name theirs), how they travel (wire/), how executor
 * processes come and go (processes/).
 *
 * I1. An id names one life of one executor: a replacement has an id that nobody had before.
 * I2. Requests, streams and notifications from one to the other are begun there in the order in which they were made
 *     here; their answers come in any order.
 * I3. What is asked of an executor that is lost fails with `executor_lost`; every loss is told by `onLost` exactly once,
 *     after the last answer of that executor.
 */
import type { StreamError } from "../base/index.ts";

/** What the driver is called by executors. */
export const driverId = "driver";

/** An executor that is ready for requests. */
export interface ExecutorRef {
  readonly id: string;
  /** Undefined where the executor is an object of this process. */
  readonly pid?: number;
  /** Where other executors reach it. */
  readonly peerAddress?: string;
}

export interface CallOptions {
  /** Aborting it rejects here at once with the reason, and aborts the signal of the handler there. */
  readonly signal?: AbortSignal;
}

export interface HandlerContext {
  /** Who asks: an executor's id, or `driverId`. */
  readonly from: string;
  /** Aborted when whoever asked gave up, or is lost. */
  readonly signal: AbortSignal;
}

/**
 * Answers a request with a value or a promise of one, and a stream with an iterable, sync or async, whose items are
 * pulled as fast as they are taken there. What a notification returns is dropped; what it throws is logged.
 */
export type Handler = (value: unknown, context: HandlerContext) => unknown;

/** Handlers by method name, for instance `task.run`; names that begin with `millrace.` are taken. */
export type Handlers = Readonly<Record<string, Handler>>;

/** One other side that can be asked. */
export interface CallTarget {
  /**
   * Values are plain data, as the default codec has it; bytes at the top travel uncopied, and must not be changed after.
   * Resolves with the answer. Rejects with what the handler threw (a StreamError keeps code, details and cause), with
   * `method_unknown`, `value_unsupported` or `message_too_large`, and with `executor_lost` or `channel_closed` when the
   * other side is gone.
   */
  request(method: string, value: unknown, options?: CallOptions): Promise<unknown>;
  /** The items of the handler's iterable; asked for when the iteration begins, ended there by breaking it off. Fails like `request`. */
  stream(method: string, value: unknown, options?: CallOptions): AsyncIterable<unknown>;
  /** Says something and awaits no answer. To one that is lost it says nothing: the loss is told anyway. */
  notify(method: string, value: unknown): void;
}

/** How long an executor has not turned its event loop, and in which operator it stands. */
export interface Blockage {
  /** The uid that `ExecutorLink.enter` was told last; undefined outside of operators. */
  readonly operator: string | undefined;
  readonly forMs: number;
}

/** The executors of one driver. */
export interface Executors {
  /** Resolves when all are ready; rejects, with all of them stopped, when one does not come up. */
  start(): Promise<void>;
  /** Those that are ready now, in the order in which they became so. */
  readonly living: readonly ExecutorRef[];
  /** The executor of that id; whatever is asked of one that is not living fails with `executor_lost`. */
  target(executorId: string): CallTarget;
  request(
    executorId: string,
    method: string,
    value: unknown,
    options?: CallOptions,
  ): Promise<unknown>;
  stream(
    executorId: string,
    method: string,
    value: unknown,
    options?: CallOptions,
  ): AsyncIterable<unknown>;
  notify(executorId: string, method: string, value: unknown): void;
  /** What executors may ask of the driver, on top of what was served before; a name that is taken throws. */
  serve(handlers: Handlers): void;
  /** Called for each executor that becomes ready, also for those of `start`. */
  onJoined(listener: (executor: ExecutorRef) => void): void;
  onLost(listener: (executorId: string, error: StreamError) => void): void;
  /** Called on and on while an executor is blocked, at each heartbeat past the limit. */
  onBlocked(listener: (executorId: string, blockage: Blockage) => void): void;
  /** Called once, when executors die again and again: none is started any more, and all are stopped. */
  onFailed(listener: (error: StreamError) => void): void;
  /** Lets every executor leave, by force where it does not; twice is fine. */
  stop(): Promise<void>;
}

/** The executor's side, one per executor. */
export interface ExecutorLink {
  readonly id: string;
  /** Asking it before `ready` throws. */
  readonly driver: CallTarget;
  /** Another executor, which is connected to when it is first asked. */
  peer(executorId: string): CallTarget;
  /** What the driver and other executors may ask of this one, on top of what was served before. */
  serve(handlers: Handlers): void;
  /** Called when the driver lets this executor leave, before it does; a promise is waited for, within a limit. */
  onLeaving(listener: () => void | Promise<void>): void;
  /** Ends this executor at once, as one that must not go on: what failed is told, and what it holds is lost. */
  fail(error: unknown): void;
  /** The operator whose code runs from here on, for `onBlocked`; undefined when none does. Costs next to nothing. */
  enter(operator: string | undefined): void;
  /**
   * Proves the graph, and serves from then on: what shall be served is to be named before. Never resolves; rejects with `fingerprint_differs` where the driver has
   * another graph. Where the executor is a process, it leaves with the driver.
   */
  ready(fingerprint: string): Promise<never>;
}
