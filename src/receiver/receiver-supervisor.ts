/**
 * Owns: the life of one receiver: its starts and ends, the pauses between them, and what is told of
 * it.
 * Does not own: what a start takes (receiver-start.ts), the bound and the blocks shared with other
 * receivers.
 *
 * Invariants: I1 the life is one of the states below, and every change of it is in this file. I2 a
 * start is numbered in the ledger before `onStart` is called, and has ended, with all that it took,
 * before the next one is numbered. I3 no wait for the receiver's own code is without a limit.
 */
import { type Clock, Deadline, StreamError, type Timer } from "../base/index.ts";
import type { BlockLedger } from "./block-ledger.ts";
import type { BlockWriter } from "./block-writer.ts";
import type { RateLimiter } from "./rate-limiter.ts";
import {
  attachReceiver,
  type Receiver,
  type ReceiverControl,
  type RestartOptions,
  type StoreOptions,
} from "./receiver.ts";
import {
  newReceiverInfo,
  type ReceiverEvents,
  type ReceiverInfo,
  withError,
} from "./receiver-info.ts";
import type { ReceiverSettings } from "./receiver-options.ts";
import type { ReceiverRunner } from "./receiver-runner.ts";
import { ReceiverStart } from "./receiver-start.ts";
import type { UnprocessedRoom } from "./unprocessed-bound.ts";

export interface ReceiverSupervisorOptions {
  readonly streamId: number;
  readonly streamUid: string;
  readonly name: string;
  readonly receiver: Receiver<unknown>;
  readonly clock: Clock;
  readonly events: ReceiverEvents;
  readonly ledger: Pick<BlockLedger, "startReceiver"> & {
    readonly known: Pick<BlockLedger["known"], "positions">;
  };
  readonly writer: Pick<BlockWriter, "write">;
  readonly limiter: RateLimiter;
  readonly bound: UnprocessedRoom;
  readonly settings: ReceiverSettings;
  /** Sees to the next start when this one has ended (default: it is here, after the pause). */
  readonly relaunch?: ((delayMs: number) => void) | undefined;
}

/** What follows when a start has ended. */
type Next = { readonly kind: "launch"; readonly delayMs: number } | { readonly kind: "stopped" };

interface Running {
  readonly kind: "running";
  readonly start: ReceiverStart;
}

/** `onStop` and the storing of what was taken are under way; `next` may still change. */
interface Ending {
  readonly kind: "ending";
  readonly start: ReceiverStart;
  readonly patience: Deadline;
  /** Whether `onStop` was done in time. */
  readonly ended: Promise<boolean>;
  next: Next;
}

type Life =
  | { readonly kind: "registered" }
  | { readonly kind: "launching" }
  | Running
  | Ending
  | { readonly kind: "pausing"; readonly timer: Timer }
  | { readonly kind: "stopped" };

/** Runs one receiver until it is told to stop. */
export class ReceiverSupervisor implements ReceiverControl, ReceiverRunner {
  readonly streamId: number;
  readonly #options: ReceiverSupervisorOptions;
  #life: Life = { kind: "registered" };
  #info: ReceiverInfo;
  #lastSignal: AbortSignal = AbortSignal.abort();

  /** Throws `receiver_attached` when the receiver has a stream already. */
  constructor(options: ReceiverSupervisorOptions) {
    this.#options = options;
    this.streamId = options.streamId;
    this.#info = newReceiverInfo(options.streamId, options.name);
    attachReceiver(options.receiver, this);
  }

  get info(): ReceiverInfo {
    return this.#info;
  }

  get isStarted(): boolean {
    return this.#life.kind === "running";
  }

  get isStopped(): boolean {
    const { kind } = this.#life;
    return kind === "ending" || kind === "pausing" || kind === "stopped";
  }

  get signal(): AbortSignal {
    return this.#lastSignal;
  }

  get positions(): ReadonlyMap<string, number> {
    return this.#options.ledger.known.positions(this.#options.streamUid);
  }

  add(record: unknown): void | Promise<void> {
    const life = this.#life;
    if (life.kind === "running" || life.kind === "ending") return life.start.add(record);
    const refusal: Promise<void> = Promise.reject(this.#notRunning());
    // An event handler that calls `store` without looking at the promise must not end the process.
    refusal.catch(() => {});
    return refusal;
  }

  async storeMany(records: readonly unknown[], options: StoreOptions): Promise<void> {
    await this.#runningStart().storeMany(records, options);
  }

  async storeBuffer(bytes: Uint8Array, options: StoreOptions): Promise<void> {
    await this.#runningStart().storeBuffer(bytes, options);
  }

  reportError(message: string, error?: unknown): void {
    this.#noteError(message, error);
    this.#options.events.receiverError(this.#info);
  }

  restart(message: string, options: RestartOptions = {}): void {
    const { delayMs = this.#options.settings.restartDelayMs, error } = options;
    this.#endBecause(message, error, { kind: "launch", delayMs });
  }

  /**
   * The receiver stops itself: it is started again, as a source that failed for good today may be
   * back later.
   */
  stop(message: string, error?: unknown): void {
    const { restartDelayMs } = this.#options.settings;
    this.#endBecause(message, error, { kind: "launch", delayMs: restartDelayMs });
  }

  setRate(recordsPerSecond: number): void {
    this.#options.limiter.setRate(recordsPerSecond);
  }

  /** Starts the receiver; resolves when `onStart` has been called. */
  async launch(): Promise<void> {
    const { events, ledger, settings, streamUid } = this.#options;
    const launching: Life = { kind: "launching" };
    this.#life = launching;
    let receiverStart: number;
    try {
      receiverStart = await ledger.startReceiver(streamUid);
    } catch (error) {
      this.reportError("the start of the receiver could not be journaled", error);
      if (this.#life === launching) this.#pause(settings.restartDelayMs);
      return;
    }
    // It may have been told to stop while the journal wrote.
    if (this.#life !== launching) return;
    const start = this.#newStart(receiverStart);
    this.#life = { kind: "running", start };
    this.#lastSignal = start.signal;
    this.#info = { ...this.#info, active: true };
    events.receiverStarted(this.#info);
    void this.#callOnStart(start);
  }

  /**
   * Ends the receiver for good and keeps what it took; `onStop` is given `onStopTimeoutMs`.
   * Resolves with whether it was done in time.
   */
  async shutDown(onStopTimeoutMs: number): Promise<boolean> {
    const life = this.#life;
    switch (life.kind) {
      case "running":
        // It ends because it was told to, and not by an error that it has come over.
        this.#info = { ...this.#info, lastErrorMessage: "", lastError: "", lastErrorTime: -1 };
        return this.#beginToEnd(life.start, { kind: "stopped" }, onStopTimeoutMs).ended;
      case "ending":
        life.next = { kind: "stopped" };
        life.patience.bringForward(onStopTimeoutMs);
        return life.ended;
      case "pausing":
        life.timer.cancel();
        this.#life = { kind: "stopped" };
        return true;
      case "registered":
      case "launching":
      case "stopped":
        this.#life = { kind: "stopped" };
        return true;
    }
  }

  /** Ends the receiver at once: waits for nothing, and drops what is not stored. */
  destroy(reason: unknown): void {
    const life = this.#life;
    this.#life = { kind: "stopped" };
    if (life.kind === "pausing") life.timer.cancel();
    if (life.kind !== "running" && life.kind !== "ending") return;
    life.start.destroy(reason);
    if (life.kind === "running") void this.#callOnStop();
    else life.patience.bringForward(0);
    this.#info = { ...this.#info, active: false };
    this.#options.events.receiverStopped(this.#info);
  }

  #runningStart(): ReceiverStart {
    const life = this.#life;
    if (life.kind === "running" || life.kind === "ending") return life.start;
    throw this.#notRunning();
  }

  #notRunning(): StreamError {
    return new StreamError("receiver_not_running", { receiver: this.#info.name });
  }

  #newStart(receiverStart: number): ReceiverStart {
    const { bound, clock, limiter, receiver, settings, writer } = this.#options;
    return new ReceiverStart({
      receiverStart,
      clock,
      blockIntervalMs: settings.blockIntervalMs,
      blockQueueSize: settings.blockQueueSize,
      limiter,
      bound,
      writer,
      positions: this.positions,
      decode: (bytes) => receiver.decodeBlock(bytes),
      failed: (error) => this.#dataLost(error),
    });
  }

  /**
   * Records were dropped: the receiver starts again, so that a source that can will send them once
   * more.
   */
  #dataLost(error: StreamError): void {
    this.reportError(error.message, error);
    if (this.#life.kind === "running") this.restart(error.message, { error });
  }

  async #callOnStart(start: ReceiverStart): Promise<void> {
    try {
      await this.#options.receiver.onStart();
    } catch (error) {
      const life = this.#life;
      if (life.kind === "running" && life.start === start) {
        this.restart("onStart failed", { error });
      } else if (!(error instanceof StreamError && error.kind === "closed")) {
        // A loop that ended because `store` refused its record is no news.
        this.reportError("onStart failed after the receiver was stopped", error);
      }
    }
  }

  async #callOnStop(): Promise<void> {
    try {
      await this.#options.receiver.onStop();
    } catch (error) {
      this.reportError("onStop failed", error);
    }
  }

  /**
   * Ends the running start. A receiver that is ending already, as its closing connection calls
   * this, has no news.
   */
  #endBecause(message: string, error: unknown, next: Next): void {
    const life = this.#life;
    if (life.kind !== "running") {
      if (error !== undefined) this.reportError(message, error);
      return;
    }
    this.#noteError(message, error);
    this.#beginToEnd(life.start, next, this.#options.settings.onStopTimeoutMs);
  }

  #beginToEnd(start: ReceiverStart, next: Next, onStopTimeoutMs: number): Ending {
    const patience = new Deadline(this.#options.clock, onStopTimeoutMs);
    // One turn later, so that the code below and whoever asks `isStopped` from within finds the new
    // state.
    const ended = Promise.resolve().then(() => this.#end(ending));
    const ending: Ending = { kind: "ending", start, patience, ended, next };
    this.#life = ending;
    start.beginToEnd();
    return ending;
  }

  async #end(ending: Ending): Promise<boolean> {
    const inTime = await ending.patience.isMetBy(this.#callOnStop());
    if (!inTime && this.#life === ending) {
      const error = new StreamError("receiver_not_stopped", { receiver: this.#info.name });
      this.reportError(error.message, error);
    }
    await ending.start.finish();
    if (this.#life !== ending) return inTime;
    this.#info = { ...this.#info, active: false };
    this.#options.events.receiverStopped(this.#info);
    if (ending.next.kind === "launch") this.#pause(ending.next.delayMs);
    else this.#life = { kind: "stopped" };
    return inTime;
  }

  #pause(delayMs: number): void {
    const { relaunch } = this.#options;
    if (relaunch !== undefined) {
      this.#life = { kind: "stopped" };
      relaunch(delayMs);
      return;
    }
    const timer = this.#options.clock.setTimer(delayMs, () => this.launch());
    this.#life = { kind: "pausing", timer };
  }

  #noteError(message: string, error: unknown): void {
    this.#info = withError(this.#info, { message, error, timeMs: this.#options.clock.now() });
  }
}
