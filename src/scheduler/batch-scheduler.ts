/**
 * Owns: the loop of batches: each tick of the grid becomes a batch, and what no later batch can ask for is cleaned.
 * Does not own: what happens within a batch (batch-runner.ts), receivers and inputs (the context).
 * Invariants: I1 nothing is cleaned that an unfinished batch, or a state that waits for an earlier batch, may ask for.
 * I2 after `drain` or `destroy` no batch begins.
 */
import { type Clock, invariant } from "../base/index.ts";
import { nextOnGrid } from "../core/index.ts";
import type { BatchEnd, LeftBatch } from "./batch-progress.ts";
import { BatchRunner, type BatchRunnerOptions } from "./batch-runner.ts";
import { BatchTimer } from "./batch-timer.ts";
import type { BatchInfo } from "./listener.ts";
import { OwedBatches } from "./owed-batches.ts";

export interface BatchSchedulerOptions extends Omit<BatchRunnerOptions, "signal"> {
  /** Called at the end of each batch, after its listeners. */
  readonly onBatchCompleted: (info: BatchInfo) => void;
  /** What inputs keep of the times up to this one may go. */
  readonly forgetInputs: (untilMs: number) => Promise<void>;
  /** Called when the context has to stop. */
  readonly onFatal: (error: unknown) => void;
}

/** Makes and runs the batches of one context. */
export class BatchScheduler {
  readonly #options: BatchSchedulerOptions;
  readonly #runner: BatchRunner;
  readonly #abort = new AbortController();
  /** The work of every batch that has begun, the cleaning after it included. */
  readonly #running = new Set<Promise<void>>();
  readonly #unfinishedMs = new Set<number>();
  readonly #owed = new OwedBatches();
  #timer: BatchTimer | undefined;
  #lastBatchMs = 0;
  #firstFailure: { readonly error: unknown } | undefined;

  constructor(options: BatchSchedulerOptions) {
    this.#options = options;
    this.#runner = new BatchRunner({ ...options, signal: this.#abort.signal });
  }

  /** The first time of the grid after now, and the time before it. */
  static gridFrom(clock: Clock, intervalMs: number): { zeroMs: number; firstMs: number } {
    const firstMs = nextOnGrid(clock.now(), intervalMs);
    return { zeroMs: firstMs - intervalMs, firstMs };
  }

  /**
   * Does what an earlier life of the application left, one batch after the other, before `start`. Rejects with
   * `batch_failed` where a state cannot be brought about; a failed output is told as that of any batch.
   */
  async replay(left: readonly LeftBatch[]): Promise<void> {
    for (const batch of left) {
      if (this.#abort.signal.aborted) return;
      this.#lastBatchMs = batch.timeMs;
      if (batch.todo === "outputs") await this.#batch(batch.timeMs);
      else await this.#runner.bringStates(batch);
    }
  }

  /** Begins to tick, from `firstMs` on. */
  start(firstMs: number): void {
    const { clock, graph } = this.#options;
    const grid = { firstMs, intervalMs: graph.batchIntervalMs };
    this.#lastBatchMs = firstMs - graph.batchIntervalMs;
    this.#timer = new BatchTimer(clock, grid, (timeMs) => this.#batch(timeMs));
  }

  /** The first failure of a batch that the context went on after. */
  get firstFailure(): { readonly error: unknown } | undefined {
    return this.#firstFailure;
  }

  get isDestroyed(): boolean {
    return this.#abort.signal.aborted;
  }

  /** How many batches are being made or run. */
  get unfinishedBatches(): number {
    return this.#unfinishedMs.size;
  }

  /** Ends the ticks; runs one more batch at the next time of the grid if there is something left for it; resolves when all batches have ended. */
  async drain(hasMore: () => boolean): Promise<void> {
    this.#timer?.stop();
    this.#timer = undefined;
    if (hasMore()) void this.#batch(this.#lastBatchMs + this.#options.graph.batchIntervalMs);
    while (this.#running.size > 0) await Promise.all(this.#running);
  }

  /** Ends the ticks and cancels what runs; resolves when the running tasks have noticed. */
  async destroy(reason: unknown): Promise<void> {
    this.#timer?.stop();
    this.#timer = undefined;
    this.#abort.abort(reason);
    await Promise.all(this.#running);
  }

  #batch(timeMs: number): Promise<void> {
    this.#lastBatchMs = timeMs;
    this.#unfinishedMs.add(timeMs);
    const run = this.#run(timeMs)
      .catch((error: unknown) => this.#options.onFatal(error))
      .finally(() => {
        this.#unfinishedMs.delete(timeMs);
        this.#running.delete(run);
      });
    this.#running.add(run);
    return run;
  }

  async #run(timeMs: number): Promise<void> {
    const { listeners, onBatchCompleted, onFatal } = this.#options;
    const { failure, leftOutOf, record } = await this.#runner.run(timeMs);
    // What was cancelled has not failed, is not completed, and is cleaned with the context.
    if (this.#abort.signal.aborted) return;
    this.#firstFailure ??= failure;
    // A batch that stops the context stays to be done: the next start tries it again.
    if (failure?.isFatal !== true) await this.#end({ batchTimeMs: timeMs, leftOutOf });
    const info = record.info();
    listeners.post("onBatchCompleted", info);
    onBatchCompleted(info);
    this.#unfinishedMs.delete(timeMs);
    if (failure?.isFatal === true) onFatal(failure.error);
    else await this.#clean();
  }

  /** Notes the end of a batch, and of those before it whose states have come about since. */
  async #end(end: BatchEnd): Promise<void> {
    const { graph } = this.#options;
    const states = graph.statesOwing(end.batchTimeMs);
    this.#owed.add(end, states);
    for (const ended of this.#owed.takeSettled()) await this.#completed(ended);
    if (states.length === 0) await this.#completed(end);
  }

  #completed(end: BatchEnd): Promise<void> {
    const counted = this.#runner.takeCounted(end.batchTimeMs);
    return this.#options.progress.batchCompleted({ ...end, counted });
  }

  /** Forgets what nothing can ask for any more. */
  async #clean(): Promise<void> {
    const { forgetInputs, graph } = this.#options;
    const { batchIntervalMs } = graph;
    const untilMs = Math.min(
      this.#lastBatchMs,
      ...[...this.#unfinishedMs].map((timeMs) => timeMs - batchIntervalMs),
    );
    invariant(Number.isFinite(untilMs), "the time up to which is cleaned is known");
    const behind = [...this.#owed.oldestMs].map(
      ([state, timeMs]) => [state, timeMs - batchIntervalMs] as const,
    );
    const forgottenMs = await graph.forget(untilMs, new Map(behind));
    this.#runner.forget(forgottenMs - graph.inputRememberMs);
    await forgetInputs(forgottenMs - graph.inputRememberMs);
  }
}
