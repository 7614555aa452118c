/**
 * Owns: the records that one start of a receiver stores one by one, until they are pushed as
 * blocks.
 * Does not own: where blocks go (`push`), what follows from a failure (`failed`).
 *
 * Invariants: I1 a record is taken exactly when its `store` returned undefined or resolved; taken
 * records reach `push` once each, in order, unless the generator is destroyed. I2 an interval
 * without records makes no block. I3 a push that fails loses its own block alone, and says so. I4
 * no tick waits for room under the bound on unprocessed data: the records of a block have taken
 * theirs when they were added.
 */
import { type Clock, invariant, StreamError, type Timer } from "../base/index.ts";
import type { RateLimiter } from "./rate-limiter.ts";
import type { UnprocessedRoom } from "./unprocessed-bound.ts";

export interface BlockGeneratorOptions {
  readonly clock: Clock;
  readonly blockIntervalMs: number;
  /** Blocks that may wait to be pushed, besides the one that is. */
  readonly blockQueueSize: number;
  readonly limiter: RateLimiter;
  readonly bound: UnprocessedRoom;
  /** Stores one block; blocks are pushed one after another. */
  readonly push: (records: readonly unknown[]) => Promise<void>;
  /**
   * Hears of a block that was dropped because its push failed, and of callers that do not wait for
   * `store`.
   */
  readonly failed: (error: StreamError) => void;
}

/**
 * `closing` takes what need not wait (the last records that `onStop` stores); `draining` takes
 * nothing and pushes what is left.
 */
type Phase = "initialized" | "active" | "closing" | "draining" | "stopped";

/** A record that waits to be taken; its step says for what. */
interface WaitingRecord {
  readonly record: unknown;
  readonly resolve: () => void;
  readonly reject: (reason: StreamError) => void;
  step: "queue" | "bound" | "rate" | "debt" | "none";
  cancel: () => void;
}

/** Callers that ignore the promises of `store` would fill the memory with records that wait. */
const waitingRecordsMax = 100_000;

/** Cuts the records that come one by one into blocks, one per block interval. */
export class BlockGenerator {
  readonly #options: BlockGeneratorOptions;
  #phase: Phase = "initialized";
  #buffer: unknown[] = [];
  readonly #waiting: WaitingRecord[] = [];
  #refusal: StreamError = new StreamError("receiver_not_running");
  #queuedBlocks = 0;
  /** Settles when every block that was cut has been pushed or has failed; never rejects. */
  #pushed: Promise<void> = Promise.resolve();
  #tickTimer: Timer | undefined;
  #tickDueMs = 0;

  constructor(options: BlockGeneratorOptions) {
    this.#options = options;
  }

  /** Takes records from now on. */
  start(): void {
    invariant(this.#phase === "initialized", "a block generator starts once");
    this.#phase = "active";
    this.#tickDueMs = this.#options.clock.monotonicNow();
    this.#armTick();
  }

  /**
   * Takes a record: undefined when the caller may go on at once, else a promise that resolves when
   * the record has been taken. A record that is refused is a promise that rejects; nothing breaks
   * when nobody looks at it.
   */
  add(record: unknown): void | Promise<void> {
    const { bound, limiter } = this.#options;
    if (this.#phase !== "active" || this.#waiting.length > 0 || !this.#hasRoom) {
      return this.#addSlowly(record);
    }
    if (!bound.tryTake(1, 0)) return this.#wait(record, "queue");
    if (!limiter.tryPass()) return this.#wait(record, "rate");
    this.#buffer.push(record);
    return undefined;
  }

  /** From now on nothing waits: the records that do are refused, and those that would have to. */
  refuseWaiting(reason: StreamError): void {
    if (this.#phase !== "active") return;
    this.#phase = "closing";
    this.#refusal = reason;
    this.#rejectWaiting();
  }

  /** Refuses what comes, cuts the last block, and resolves when every block has been pushed. */
  async stop(): Promise<void> {
    if (this.#phase !== "stopped" && this.#phase !== "draining") {
      this.#close("draining");
      if (this.#buffer.length > 0) void this.#cut();
    }
    await this.#pushed;
    this.#phase = "stopped";
  }

  /**
   * Gives everything up at once: what waits is refused, what was taken and not pushed is dropped.
   */
  destroy(): void {
    this.#close("stopped");
    this.#options.bound.release(this.#buffer.length, 0);
    this.#buffer = [];
  }

  get #hasRoom(): boolean {
    return this.#queuedBlocks < this.#options.blockQueueSize;
  }

  #addSlowly(record: unknown): void | Promise<void> {
    if (this.#phase === "active") return this.#wait(record, "queue");
    if (this.#phase !== "closing") return refused(new StreamError("receiver_not_running"));
    if (!this.#hasRoom || !this.#options.bound.tryTake(1, 0)) return refused(this.#refusal);
    this.#buffer.push(record);
    return undefined;
  }

  #wait(record: unknown, step: "queue" | "rate"): Promise<void> {
    if (this.#waiting.length >= waitingRecordsMax) {
      const overrun = new StreamError("receiver_overrun", { waiting: waitingRecordsMax });
      this.#options.failed(overrun);
      return refused(overrun);
    }
    const taken = new Promise<void>((resolve, reject) => {
      this.#waiting.push({ record, resolve, reject, step, cancel: () => {} });
    });
    ignoreRejection(taken);
    if (this.#waiting.length === 1) this.#takeWaiting();
    return taken;
  }

  /**
   * Takes what waits, in order, as far as it may; whatever the first one waits for calls this
   * again.
   */
  #takeWaiting(): void {
    for (let head = this.#waiting[0]; head !== undefined; head = this.#waiting[0]) {
      if (!this.#mayPass(head)) return;
      this.#waiting.shift();
      this.#buffer.push(head.record);
      head.resolve();
    }
  }

  #mayPass(head: WaitingRecord): boolean {
    const { bound, clock, limiter } = this.#options;
    const goOn = (step: WaitingRecord["step"]) => {
      head.step = step;
      this.#takeWaiting();
    };
    if (head.step === "queue") {
      if (!this.#hasRoom) return false;
      if (!bound.tryTake(1, 0)) {
        head.step = "bound";
        head.cancel = bound.request({ records: 1, bytes: 0, taken: () => goOn("rate") });
        return false;
      }
      head.step = "rate";
    }
    if (head.step === "rate") {
      const waitMs = limiter.reserve();
      if (waitMs > 0) {
        head.step = "debt";
        const timer = clock.setTimer(waitMs, () => goOn("none"));
        head.cancel = () => timer.cancel();
        return false;
      }
      head.step = "none";
    }
    return head.step === "none";
  }

  #rejectWaiting(): void {
    for (const waiting of this.#waiting.splice(0)) {
      waiting.cancel();
      const hasRoomTaken = waiting.step !== "queue" && waiting.step !== "bound";
      if (hasRoomTaken) this.#options.bound.release(1, 0);
      waiting.reject(this.#refusal);
    }
  }

  #close(phase: "draining" | "stopped"): void {
    this.#phase = phase;
    this.#tickTimer?.cancel();
    this.#rejectWaiting();
  }

  /** Ticks stand on the grid of the start; those that a stall has swallowed are not made up for. */
  #armTick(): void {
    const { blockIntervalMs, clock } = this.#options;
    const nowMs = clock.monotonicNow();
    const lateIntervals = Math.max(0, Math.floor((nowMs - this.#tickDueMs) / blockIntervalMs));
    this.#tickDueMs += (lateIntervals + 1) * blockIntervalMs;
    this.#tickTimer = clock.setTimer(this.#tickDueMs - nowMs, () => this.#tick());
  }

  #tick(): Promise<void> | undefined {
    this.#armTick();
    return this.#buffer.length === 0 ? undefined : this.#cut();
  }

  #cut(): Promise<void> {
    const records = this.#buffer;
    this.#buffer = [];
    this.#queuedBlocks += 1;
    this.#pushed = this.#pushed.then(() => this.#push(records));
    return this.#pushed;
  }

  async #push(records: readonly unknown[]): Promise<void> {
    const { bound, failed, push } = this.#options;
    this.#queuedBlocks -= 1;
    this.#takeWaiting();
    if (this.#phase === "stopped") {
      bound.release(records.length, 0);
      return;
    }
    try {
      await push(records);
    } catch (cause) {
      bound.release(records.length, 0);
      failed(new StreamError("block_not_stored", { recordCount: records.length }, { cause }));
    }
  }
}

function refused(reason: StreamError): Promise<void> {
  const refusal: Promise<void> = Promise.reject(reason);
  ignoreRejection(refusal);
  return refusal;
}

/** An event handler that calls `store` without looking at the promise must not end the process. */
function ignoreRejection(promise: Promise<void>): void {
  promise.catch(() => {});
}
