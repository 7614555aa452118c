/**
 * Owns: the batches of a context that has begun: where the grid goes on, what an earlier life left of them, what each is
 * given, and what follows from its end.
 * Does not own: the scheduler (src/scheduler), what is durable (durable-run.ts), the life of the context
 * (streaming-context.ts).
 */
import { allocateInputs, nextOnGrid, type StreamGraph } from "../core/index.ts";
import { PidRateEstimator, type ReceiverTracker } from "../receiver/index.ts";
import {
  Backpressure,
  BatchScheduler,
  type ListenerBus,
  volatileProgress,
} from "../scheduler/index.ts";
import type { DurableRun } from "./durable-run.ts";
import { backpressureOf, type StreamingSettings } from "./options.ts";

export interface ContextBatchesOptions {
  readonly settings: StreamingSettings;
  readonly graph: StreamGraph;
  readonly tracker: ReceiverTracker;
  readonly listeners: ListenerBus;
  readonly backpressure: Backpressure | undefined;
  /** Undefined for a context that does not outlive its process. */
  readonly run: DurableRun | undefined;
  /** Called when the context has to stop. */
  readonly fatal: (error: unknown) => void;
}

/** Makes and runs the batches of one context. */
export class ContextBatches {
  readonly #options: ContextBatchesOptions;
  readonly #scheduler: BatchScheduler;
  /** Why the context has to stop. */
  #fatal: { readonly error: unknown } | undefined;

  constructor(options: ContextBatchesOptions) {
    this.#options = options;
    this.#scheduler = this.#newScheduler();
  }

  /**
   * Does what an earlier life left, and makes up for the time between where that is wanted. Rejects with `batch_failed`,
   * also where a failed output stops the context: a start that does not come about says why.
   */
  async takeUp(): Promise<void> {
    const { run } = this.#options;
    if (run === undefined) return;
    const left = run.leftBatches;
    await this.#scheduler.replay(left);
    const missed = run.missedTimes(this.#nextMs());
    if (missed[0] !== undefined) this.#leaveOut(missed[0]);
    await this.#scheduler.replay(
      missed.map((timeMs) => ({ timeMs, todo: "outputs", leftOutOf: [] })),
    );
    if (this.#fatal !== undefined) throw this.#fatal.error;
    run.started({ batches: left.length + missed.length });
  }

  /** Begins to tick, at the next time of the grid. */
  start(): void {
    const firstMs = this.#nextMs();
    this.#leaveOut(firstMs);
    this.#scheduler.start(firstMs);
  }

  /** Resolves when all that was received is processed, and durable where it is to be. */
  async drain(): Promise<void> {
    await this.#scheduler.drain(() => this.#options.tracker.hasUnallocatedBlocks);
    if (!this.#scheduler.isDestroyed) await this.#options.run?.stop();
  }

  /** Cancels what runs; resolves when it has noticed. */
  destroy(reason: unknown): Promise<void> {
    return this.#scheduler.destroy(reason);
  }

  /** The first failure of a batch that the context went on after. */
  get firstFailure(): { readonly error: unknown } | undefined {
    return this.#scheduler.firstFailure;
  }

  get unfinishedBatches(): number {
    return this.#scheduler.unfinishedBatches;
  }

  /** The first time of the grid after now and after all batches that there were. */
  #nextMs(): number {
    const { graph, run, settings } = this.#options;
    const { batchIntervalMs, lastTimeMs, zeroTimeMs } = graph;
    // A grid that begins has all of its times, however long the inputs took to start.
    const isBeginning = (run?.grid.isNew ?? true) && lastTimeMs === zeroTimeMs;
    if (isBeginning) return zeroTimeMs + batchIntervalMs;
    return nextOnGrid(Math.max(settings.clock.now(), lastTimeMs), batchIntervalMs, zeroTimeMs);
  }

  /** Between the last batch and this one there is none. */
  #leaveOut(nextMs: number): void {
    const { graph, run } = this.#options;
    const { batchIntervalMs, lastTimeMs } = graph;
    if (run === undefined || nextMs - lastTimeMs <= batchIntervalMs) return;
    graph.addGap({ afterMs: lastTimeMs, beforeMs: nextMs });
  }

  /** Gives a batch its data: what receivers stored, and what the other inputs choose, in one event where it is journaled. */
  async #allocate(timeMs: number): Promise<void> {
    const { graph, run, tracker } = this.#options;
    if (run === undefined) return tracker.allocate(timeMs);
    const inputs = await allocateInputs(graph.inputsInUse, timeMs);
    await tracker.allocate(timeMs, { inputs, partitions: graph.partitionPins });
  }

  #newScheduler(): BatchScheduler {
    const { backpressure, fatal, graph, listeners, run, settings, tracker } = this.#options;
    const { attempts, clock, concurrentJobs, logger, onFailure } = settings;
    return new BatchScheduler({
      clock,
      logger,
      graph,
      listeners,
      allocate: (timeMs) => this.#allocate(timeMs),
      progress: run?.progress ?? volatileProgress,
      // Where a start goes on with a batch that failed, nothing is lost by stopping.
      onFailure: onFailure ?? (run === undefined ? "continue" : "stop"),
      attemptsMax: attempts,
      concurrentJobs,
      onBatchCompleted: (info) => {
        // Where a state has yet to come about the batch keeps its room: what waits for ever must not fill the memory.
        const owesStates = graph.owesStates(info.batchTime);
        if (run !== undefined) run.batchCompleted(info.batchTime, { owesStates });
        else if (!owesStates) tracker.batchCompleted(info.batchTime);
        backpressure?.batchCompleted(info);
      },
      forgetInputs: async (untilMs) => {
        // What is forgotten gives its room back, and receivers are to wait.
        if (run?.isPushingBack === true) return;
        graph.forgetOutputs(untilMs + 1);
        return tracker.forget(untilMs + 1);
      },
      onFatal: (error) => {
        this.#fatal ??= { error };
        fatal(error);
      },
    });
  }
}

/** What adapts the rates of receivers, where that is asked for. Throws `argument_invalid` for bad coefficients. */
export function backpressureFor(
  settings: StreamingSettings,
  receivers: {
    readonly streamIds: () => Iterable<number>;
    readonly setRate: (streamId: number, recordsPerSecond: number) => void;
  },
): Backpressure | undefined {
  const options = backpressureOf(settings);
  if (options === undefined) return undefined;
  const { batchInterval: batchIntervalMs } = settings;
  return new Backpressure(
    () => new PidRateEstimator({ ...options, batchIntervalMs }),
    receivers.streamIds,
    receivers.setRate,
  );
}
