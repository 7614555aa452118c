/**
 * Owns: asking the heartbeat thread of an executor, again and again, whether it is there and how long its main thread has
 * been blocked.
 * Does not own: what follows (executor-process.ts), the answers (heartbeat-thread.ts).
 *
 * I1. One question is under way at a time. An executor is gone when one is not answered within the limit.
 * I2. A driver that was itself blocked takes in the answers that are there before it finds that there is none.
 */
import type { Clock, Timer } from "../../base/index.ts";
import type { Blockage } from "../executors.ts";

export interface LivenessOptions {
  readonly intervalMs: number;
  /** How long a heartbeat may take. */
  readonly limitMs: number;
  /** From when on a main thread that does not turn is told. */
  readonly blockedAfterMs: number;
}

export const defaultLiveness: LivenessOptions = {
  intervalMs: 1000,
  limitMs: 15_000,
  blockedAfterMs: 5000,
};

export interface LivenessListener {
  blocked(blockage: Blockage): void;
  /** A heartbeat was not answered within the limit. */
  silent(): void;
  /** There is nobody any more to answer. */
  disconnected(): void;
}

/** Asks from its construction on until `stop`. */
export class Liveness {
  readonly #beat: () => Promise<unknown>;
  readonly #clock: Clock;
  readonly #options: LivenessOptions;
  readonly #listener: LivenessListener;
  #timer: Timer | undefined;
  #isStopped = false;

  /** `beat` asks once. */
  constructor(
    beat: () => Promise<unknown>,
    clock: Clock,
    options: LivenessOptions,
    listener: LivenessListener,
  ) {
    this.#beat = beat;
    this.#clock = clock;
    this.#options = options;
    this.#listener = listener;
    this.#ask();
  }

  stop(): void {
    this.#isStopped = true;
    this.#timer?.cancel();
  }

  #ask(): void {
    let isAnswered = false;
    const askedMs = this.#clock.monotonicNow();
    this.#timer = this.#clock.setTimer(this.#options.limitMs, async () => {
      await this.#clock.yieldToEventLoop();
      if (!isAnswered) this.#end(() => this.#listener.silent());
    });
    const answered = (answer: unknown) => {
      isAnswered = true;
      this.#timer?.cancel();
      if (this.#isStopped) return;
      if (isBlockage(answer) && answer.forMs >= this.#options.blockedAfterMs) {
        this.#listener.blocked(answer);
      }
      const tookMs = this.#clock.monotonicNow() - askedMs;
      const delayMs = Math.max(0, this.#options.intervalMs - tookMs);
      this.#timer = this.#clock.setTimer(delayMs, () => this.#ask());
    };
    this.#beat().then(answered, () => {
      isAnswered = true;
      this.#end(() => this.#listener.disconnected());
    });
  }

  #end(tell: () => void): void {
    if (this.#isStopped) return;
    this.stop();
    tell();
  }
}

function isBlockage(answer: unknown): answer is Blockage {
  return typeof answer === "object" && answer !== null && "forMs" in answer;
}
