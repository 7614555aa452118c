/**
 * Owns: asking until there is a decision: the time each try has, the waits between tries, and when to give up.
 * Does not own: what a decision means to the caller.
 * Talks to: the clock, chance, whatever a try asks.
 *
 * Invariants: I1 no try lasts longer than `requestTimeoutMs`, whether or not what it asked heeds the signal. I2 all tries of a
 * request together, waits included, end before `deadlineMs`. I3 only what is undecided is tried again.
 */
import {
  type Clock,
  type Logger,
  type Random,
  reasonOf,
  StreamError,
  sleep,
} from "../base/index.ts";
import { errorOf, failureOf, isDecided, type S3Failure, type S3Operation } from "./s3-failure.ts";

export interface S3Pace {
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
  /** How long one try may take, in ms. */
  readonly requestTimeoutMs: number;
  /** How long all tries of one request may take, in ms. */
  readonly deadlineMs: number;
  readonly attemptsMax: number;
}

export type Outcome<T> = { readonly value: T } | { readonly failure: S3Failure };

export type Attempt<T> = (signal: AbortSignal) => Promise<T>;

/** The waits: a random share of a bound that doubles with each try, so that many who were sent away do not return at once. */
const firstWaitMsMax = 100;
const waitMsMax = 5_000;

export class S3Requests {
  readonly #pace: S3Pace;
  /** Of the store, for messages. */
  readonly address: string;
  readonly #closing = new AbortController();

  constructor(pace: S3Pace, address: string) {
    this.#pace = pace;
    this.address = address;
  }

  get clock(): Clock {
    return this.#pace.clock;
  }

  /** What came of it, refusals included. Rejects with `store_unreachable`, `store_read_failed`, `store_closed` for want of a decision. */
  async decide<T>(operation: S3Operation, attempt: Attempt<T>): Promise<Outcome<T>> {
    const { clock, deadlineMs, attemptsMax } = this.#pace;
    const startedMs = clock.monotonicNow();
    for (let attempts = 1; ; attempts++) {
      const leftMs = deadlineMs - (clock.monotonicNow() - startedMs);
      const outcome = await this.once(operation, attempt, leftMs);
      if ("value" in outcome || isDecided(outcome.failure)) return outcome;
      const waitMs = this.#waitMs(attempts);
      const elapsedMs = clock.monotonicNow() - startedMs;
      if (attempts >= attemptsMax || elapsedMs + waitMs >= deadlineMs) {
        throw this.error(outcome.failure, operation, {
          attempts,
          elapsedMs: Math.round(elapsedMs),
        });
      }
      this.#pace.logger.warn(
        `store ${this.address}: ${operation.operation} ${operation.name} is tried again after attempt ${attempts}: ${reasonOf(outcome.failure.cause)}`,
      );
      await sleep(clock, waitMs, this.#closing.signal);
    }
  }

  /** The value, or the error that tells the refusal. */
  async demand<T>(operation: S3Operation, attempt: Attempt<T>): Promise<T> {
    const outcome = await this.decide(operation, attempt);
    if ("value" in outcome) return outcome.value;
    throw this.error(outcome.failure, operation);
  }

  /** One try, undecided outcomes included. Rejects with `store_closed` only. */
  async once<T>(
    operation: S3Operation,
    attempt: Attempt<T>,
    limitMs: number = this.#pace.requestTimeoutMs,
  ): Promise<Outcome<T>> {
    this.#throwIfClosed(operation);
    try {
      return {
        value: await this.#bounded(attempt, Math.min(limitMs, this.#pace.requestTimeoutMs)),
      };
    } catch (cause) {
      this.#throwIfClosed(operation);
      if (cause instanceof StreamError) throw cause;
      return { failure: failureOf(cause) };
    }
  }

  error(
    failure: S3Failure,
    operation: S3Operation,
    details: Readonly<Record<string, unknown>> = {},
  ): StreamError {
    return errorOf(failure, operation, { store: this.address, ...details });
  }

  /** Ends what is under way; everything after rejects with `store_closed`. */
  close(): void {
    this.#closing.abort();
  }

  #waitMs(attempts: number): number {
    const bound = Math.min(waitMsMax, firstWaitMsMax * 2 ** (attempts - 1));
    return this.#pace.random.next() * bound;
  }

  /** A request may wait for a connection, or a credential, without looking at its signal: so the wait itself is bounded. */
  async #bounded<T>(attempt: Attempt<T>, limitMs: number): Promise<T> {
    const controller = new AbortController();
    let end: (name: string, why: string) => void = () => {};
    const ended = new Promise<never>((_resolve, reject) => {
      end = (name, why) => {
        reject(Object.assign(new Error(why), { name }));
        controller.abort();
      };
    });
    const onClosing = (): void => end("AbortError", "the store was closed");
    const timer = this.#pace.clock.setTimer(limitMs, () =>
      end("TimeoutError", `no answer within ${Math.round(limitMs)} ms`),
    );
    this.#closing.signal.addEventListener("abort", onClosing, { once: true });
    try {
      return await Promise.race([attempt(controller.signal), ended]);
    } finally {
      timer.cancel();
      this.#closing.signal.removeEventListener("abort", onClosing);
    }
  }

  #throwIfClosed({ operation, name }: S3Operation): void {
    if (!this.#closing.signal.aborted) return;
    throw new StreamError("store_closed", { store: this.address, operation, name });
  }
}
