/**
 * Owns: the estimate of the rate that a stream can be processed at, from what its completed batches
 * took.
 * Does not own: when batches complete, nor who is told the rate.
 */
import { StreamError } from "../base/index.ts";

/**
 * The coefficients of the estimator, all from 0 up, and the lowest rate that it may give, above 0.
 */
export interface PidRateOptions {
  readonly batchIntervalMs: number;
  /** Answer to the difference between the last rate and the measured one (default 1). */
  readonly proportional?: number;
  /** Answer to the records that piled up while batches waited (default 0.2). */
  readonly integral?: number;
  /** Answer to the change of that difference (default 0). */
  readonly derived?: number;
  /** The lowest rate, in records per second (default 100). */
  readonly minRate?: number;
}

/** What is known of a completed batch of one stream; times in ms. */
export interface BatchMeasure {
  readonly processingEndMs: number;
  readonly recordCount: number;
  readonly processingMs: number;
  readonly schedulingMs: number;
}

interface LastEstimate {
  readonly timeMs: number;
  readonly rate: number;
  readonly error: number;
}

/** A PID controller over the batches of one stream, as Spark Streaming's backpressure has it. */
export class PidRateEstimator {
  readonly #options: Required<PidRateOptions>;
  #last: LastEstimate | undefined;

  /**
   * Throws `argument_invalid` for an interval or lowest rate not above 0 and for a negative
   * coefficient.
   */
  constructor(options: PidRateOptions) {
    const filled = { proportional: 1, integral: 0.2, derived: 0, minRate: 100, ...options };
    for (const argument of ["batchIntervalMs", "minRate"] as const) {
      check(argument, filled[argument], filled[argument] > 0, "a number above 0");
    }
    for (const argument of ["proportional", "integral", "derived"] as const) {
      check(argument, filled[argument], filled[argument] >= 0, "a number from 0 up");
    }
    this.#options = filled;
  }

  /** What the next estimate goes by; undefined before the first. */
  snapshot(): unknown {
    return this.#last;
  }

  /** Goes on from what another one came to; the rate of then. What makes no sense is as nothing. */
  restore(state: unknown): number | undefined {
    if (!isEstimate(state)) return undefined;
    const { error, rate, timeMs } = state;
    this.#last = { error, rate, timeMs };
    return Math.max(this.#options.minRate, rate);
  }

  /**
   * The next rate in records per second; undefined for the first batch, and for one that says
   * nothing: older than the last one, without records, or without processing time.
   */
  estimate(batch: BatchMeasure): number | undefined {
    const { processingEndMs: timeMs, recordCount, processingMs, schedulingMs } = batch;
    const { batchIntervalMs, proportional, integral, derived, minRate } = this.#options;
    const last = this.#last;
    const tooOld = timeMs <= (last?.timeMs ?? -1);
    if (tooOld || !(recordCount > 0) || !(processingMs > 0)) return undefined;
    const measuredRate = (recordCount / processingMs) * 1000;
    if (last === undefined) {
      this.#last = { timeMs, rate: measuredRate, error: 0 };
      return undefined;
    }
    const error = last.rate - measuredRate;
    const piledUp = (schedulingMs * measuredRate) / batchIntervalMs;
    const errorPerSecond = (error - last.error) / ((timeMs - last.timeMs) / 1000);
    const wanted = last.rate - proportional * error - integral * piledUp - derived * errorPerSecond;
    const rate = Math.max(minRate, wanted);
    this.#last = { timeMs, rate, error };
    return rate;
  }
}

function isEstimate(state: unknown): state is LastEstimate {
  if (typeof state !== "object" || state === null) return false;
  const parts: readonly unknown[] = ["timeMs", "rate", "error"].map((name) =>
    Reflect.get(state, name),
  );
  return parts.every((part) => typeof part === "number" && Number.isFinite(part));
}

function check(argument: string, value: number, holds: boolean, expected: string): void {
  if (!holds) throw new StreamError("argument_invalid", { argument, value, expected });
}
