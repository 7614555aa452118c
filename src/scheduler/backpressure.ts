/** Owns: telling each input the rate that its batches showed to be possible. */
import type { BatchInfo } from "./listener.ts";

/** Tells a rate from what a batch of one stream took; all times in ms. */
export interface RateEstimator {
  estimate(batch: {
    readonly processingEndMs: number;
    readonly recordCount: number;
    readonly processingMs: number;
    readonly schedulingMs: number;
  }): number | undefined;
  /** What it goes by, as plain data; undefined before the first batch that tells something. */
  snapshot?(): unknown;
  /** Goes on from there; tells the rate. */
  restore?(state: unknown): number | undefined;
}

/** Adapts the rate of streams to what batches take. */
export class Backpressure {
  readonly #makeEstimator: () => RateEstimator;
  readonly #streamIds: () => Iterable<number>;
  readonly #setRate: (streamId: number, recordsPerSecond: number) => void;
  readonly #estimators = new Map<number, RateEstimator>();

  constructor(
    makeEstimator: () => RateEstimator,
    streamIds: () => Iterable<number>,
    setRate: (streamId: number, recordsPerSecond: number) => void,
  ) {
    // Bad coefficients are told when the context is made, not when the first batch has ended.
    makeEstimator();
    this.#makeEstimator = makeEstimator;
    this.#streamIds = streamIds;
    this.#setRate = setRate;
  }

  /** Learns from a completed batch. */
  batchCompleted(info: BatchInfo): void {
    const { processingEndTime, processingDelay, schedulingDelay } = info;
    if (processingEndTime === undefined || processingDelay === undefined) return;
    for (const streamId of this.#streamIds()) {
      const rate = this.#estimatorOf(streamId).estimate({
        processingEndMs: processingEndTime,
        recordCount: info.streamIdToInputInfo.get(streamId)?.recordCount ?? 0,
        processingMs: processingDelay,
        schedulingMs: schedulingDelay ?? 0,
      });
      if (rate !== undefined) this.#setRate(streamId, rate);
    }
  }

  /** What each stream's estimate goes by. */
  snapshot(): ReadonlyMap<number, unknown> {
    const states = [...this.#estimators].map(([id, each]) => [id, each.snapshot?.()] as const);
    return new Map(states.filter(([, state]) => state !== undefined));
  }

  /** Lets the estimate of a stream go on from an earlier life, with the rate that it had come to. */
  restore(streamId: number, state: unknown): void {
    const rate = this.#estimatorOf(streamId).restore?.(state);
    const isLimited = [...this.#streamIds()].includes(streamId);
    if (rate !== undefined && isLimited) this.#setRate(streamId, rate);
  }

  #estimatorOf(streamId: number): RateEstimator {
    const estimator = this.#estimators.get(streamId) ?? this.#makeEstimator();
    this.#estimators.set(streamId, estimator);
    return estimator;
  }
}
