/**
 * Owns: the executors of a driver as processes of this machine: started, asked, replaced, stopped.
 * Does not own: one process (executor-process.ts), when to give up (replacement-policy.ts), what is asked.
 *
 * I1. There is one process per slot, or a timer that starts one, until it is stopped or has failed.
 * I2. After `stop` no process, no socket and no directory is left.
 */
import { randomBytes } from "node:crypto";
import { tmpdir } from "node:os";
import {
  type Clock,
  type ErrorDetails,
  type Logger,
  Settlement,
  StreamError,
  type Timer,
} from "../../base/index.ts";
import type {
  Blockage,
  CallOptions,
  CallTarget,
  ExecutorRef,
  Executors,
  Handlers,
} from "../executors.ts";
import { driverId } from "../executors.ts";
import {
  type Admission,
  addressBase,
  addressOf,
  type Hello,
  type Listener,
  listenForChannels,
  MethodTable,
  openSocketDirectory,
  type SocketDirectory,
} from "../wire/index.ts";
import { ExecutorProcess } from "./executor-process.ts";
import type { ExecutorProgram } from "./launched-process.ts";
import { defaultLiveness, type LivenessOptions } from "./liveness.ts";
import { type OutputSink, standardOutput } from "./output-lines.ts";
import {
  decideReplacement,
  defaultReplacement,
  type ReplacementOptions,
} from "./replacement-policy.ts";

export interface ProcessExecutorsOptions {
  readonly count: number;
  readonly program: ExecutorProgram;
  /** What an executor has to prove that it has the driver's graph. */
  readonly fingerprint: string;
  /** The machine's clock, also where batches have another one: processes live in real time. */
  readonly clock: Clock;
  readonly logger: Logger;
  /** Where what executors print goes: by default to this process's own output, with the executor's id before each line. */
  readonly output?: OutputSink;
  /** Where the sockets lie; by default among the temporary files. */
  readonly temporaryDirectory?: string;
  /** How long the program of an executor may take to `start()`; 30 s by default. */
  readonly startLimitMs?: number;
  /** How long an executor may take to leave before it is killed; 5 s by default. */
  readonly leaveLimitMs?: number;
  readonly liveness?: Partial<LivenessOptions>;
  readonly replacement?: Partial<ReplacementOptions>;
}

interface Slot {
  deathsInRow: number;
  timer: Timer | undefined;
}

interface Opened {
  readonly directory: SocketDirectory;
  readonly base: string;
  readonly listener: Listener;
}

/** Executors that are processes. */
export class ProcessExecutors implements Executors {
  readonly #options: ProcessExecutorsOptions;
  readonly #methods = new MethodTable();
  readonly #token = randomBytes(32).toString("hex");
  readonly #slots: readonly Slot[];
  readonly #executors = new Map<string, ExecutorProcess>();
  readonly #living = new Map<string, ExecutorProcess>();
  readonly #joinedListeners: ((executor: ExecutorRef) => void)[] = [];
  readonly #lostListeners: ((executorId: string, error: StreamError) => void)[] = [];
  readonly #blockedListeners: ((executorId: string, blockage: Blockage) => void)[] = [];
  readonly #failedListeners: ((error: StreamError) => void)[] = [];
  #launchCount = 0;
  #opening: Promise<Opened> | undefined;
  #opened: Opened | undefined;
  /** There until all are ready. */
  #starting: Settlement | undefined;
  #stopped: Promise<void> | undefined;
  /** What is told to whoever asks after the end. */
  #endedBy: StreamError | undefined;

  constructor(options: ProcessExecutorsOptions) {
    this.#options = options;
    this.#slots = Array.from({ length: options.count }, () => ({
      deathsInRow: 0,
      timer: undefined,
    }));
  }

  async start(): Promise<void> {
    const allReady = new Settlement();
    this.#starting = allReady;
    // A stop may reject it before it is awaited.
    allReady.promise.catch(() => {});
    try {
      this.#opening = this.#open();
      this.#opened = await this.#opening;
      // It may have been stopped meanwhile.
      if (this.#endedBy !== undefined) throw this.#endedBy;
      for (const slot of this.#slots.keys()) this.#launch(slot);
      await allReady.promise;
    } catch (error) {
      await this.stop();
      throw error;
    } finally {
      this.#starting = undefined;
    }
  }

  get living(): readonly ExecutorRef[] {
    return [...this.#living.values()].map(({ ref }) => ref);
  }

  target(executorId: string): CallTarget {
    return {
      request: (method, value, options) => this.request(executorId, method, value, options),
      stream: (method, value, options) => this.stream(executorId, method, value, options),
      notify: (method, value) => this.notify(executorId, method, value),
    };
  }

  async request(
    executorId: string,
    method: string,
    value: unknown,
    options?: CallOptions,
  ): Promise<unknown> {
    return this.#channel(executorId).request(method, value, options);
  }

  async *stream(
    executorId: string,
    method: string,
    value: unknown,
    options?: CallOptions,
  ): AsyncIterable<unknown> {
    yield* this.#channel(executorId).stream(method, value, options);
  }

  notify(executorId: string, method: string, value: unknown): void {
    this.#living.get(executorId)?.channel?.notify(method, value);
  }

  serve(handlers: Handlers): void {
    this.#methods.add(handlers);
  }

  onJoined(listener: (executor: ExecutorRef) => void): void {
    this.#joinedListeners.push(listener);
  }

  onLost(listener: (executorId: string, error: StreamError) => void): void {
    this.#lostListeners.push(listener);
  }

  onBlocked(listener: (executorId: string, blockage: Blockage) => void): void {
    this.#blockedListeners.push(listener);
  }

  onFailed(listener: (error: StreamError) => void): void {
    this.#failedListeners.push(listener);
  }

  stop(): Promise<void> {
    this.#endedBy ??= new StreamError("executors_stopped", {});
    this.#stopped ??= this.#stopAll(this.#endedBy);
    return this.#stopped;
  }

  async #open(): Promise<Opened> {
    const { clock, logger, temporaryDirectory } = this.#options;
    const parents = temporaryDirectory === undefined ? [tmpdir(), "/tmp"] : [temporaryDirectory];
    const directory = await openSocketDirectory(process.platform, parents);
    const base = addressBase(directory);
    const listener = await listenForChannels({
      address: addressOf(base, driverId),
      token: this.#token,
      clock,
      logger,
      admit: (hello) => this.#admit(hello),
    });
    return { directory, base, listener };
  }

  #admit(hello: Hello): Admission {
    const { id } = hello;
    const executor = typeof id === "string" ? this.#executors.get(id) : undefined;
    if (executor === undefined) throw new StreamError("executors_stopped", { executor: id });
    return executor.admit(hello);
  }

  #launch(slot: number): void {
    const at = this.#slots[slot];
    if (at === undefined || this.#opened === undefined || this.#endedBy !== undefined) return;
    const { directory, base } = this.#opened;
    const { startLimitMs = 30_000, leaveLimitMs = 5000 } = this.#options;
    const { program, fingerprint, clock, logger, output = standardOutput } = this.#options;
    this.#launchCount += 1;
    const id = `executor-${this.#launchCount}`;
    const executor = new ExecutorProcess({
      settings: {
        id,
        slot,
        addressBase: base,
        directory: directory.path,
        token: this.#token,
        driverPid: process.pid,
      },
      program,
      fingerprint,
      clock,
      logger,
      output,
      startLimitMs,
      leaveLimitMs,
      methods: this.#methods,
      liveness: { ...defaultLiveness, ...this.#options.liveness },
      onReady: (ready) => this.#join(ready),
      onBlocked: ({ id: blocked }, blockage) => {
        for (const listener of this.#blockedListeners) listener(blocked, blockage);
      },
      onEnded: (ended, error) => this.#lose(ended, error),
    });
    at.timer = undefined;
    this.#executors.set(id, executor);
  }

  #join(executor: ExecutorProcess): void {
    this.#living.set(executor.id, executor);
    for (const listener of this.#joinedListeners) listener(executor.ref);
    if (this.#living.size === this.#slots.length) this.#starting?.resolve();
  }

  #lose(executor: ExecutorProcess, error: StreamError): void {
    const wasReady = this.#living.delete(executor.id);
    this.#executors.delete(executor.id);
    const slot = this.#slots[executor.slot];
    if (this.#endedBy !== undefined) return;
    if (this.#starting !== undefined) {
      this.#starting.reject(error);
      return;
    }
    this.#options.logger.warn(`${executor.id} is lost`, error);
    if (slot !== undefined) this.#replace(executor, slot, error);
    if (wasReady) for (const listener of this.#lostListeners) listener(executor.id, error);
  }

  #replace(executor: ExecutorProcess, slot: Slot, error: StreamError): void {
    const { clock, replacement } = this.#options;
    const decision = decideReplacement(slot.deathsInRow, executor.livedMs, {
      ...defaultReplacement,
      ...replacement,
    });
    slot.deathsInRow = decision.deathsInRow;
    if (decision.kind === "replace") {
      slot.timer = clock.setTimer(decision.delayMs, () => this.#launchAgain(executor.slot));
      return;
    }
    const { lastOutput } = error.details;
    this.#fail({ deathsInRow: decision.deathsInRow, lastOutput }, error);
  }

  #launchAgain(slot: number): void {
    try {
      this.#launch(slot);
    } catch (error) {
      // No process can be started here any more.
      this.#fail({ slot }, error);
    }
  }

  #fail(details: ErrorDetails, cause: unknown): void {
    const error = new StreamError("executors_failing", details, { cause });
    this.#endedBy = error;
    void this.stop().finally(() => {
      for (const listener of this.#failedListeners) listener(error);
    });
  }

  async #stopAll(reason: StreamError): Promise<void> {
    this.#starting?.reject(reason);
    for (const { timer } of this.#slots) timer?.cancel();
    await Promise.all([...this.#executors.values()].map((executor) => executor.leave(reason)));
    // What could not be opened is told by `start`.
    const opened = await this.#opening?.catch(() => undefined);
    await opened?.listener.close();
    await opened?.directory.remove();
  }

  #channel(executorId: string): CallTarget {
    const channel = this.#living.get(executorId)?.channel;
    if (channel !== undefined) return channel;
    if (this.#endedBy !== undefined) throw this.#endedBy;
    throw new StreamError("executor_lost", { executor: executorId });
  }
}
