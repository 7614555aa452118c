/**
 * Owns: running jobs and stages in this process, one task after the other.
 * Does not own: where a lineage is cut (src/core), retries and batches (src/scheduler).
 * Invariants: I1 a stage runs at most once at a time, whichever jobs wait for it. I2 what a task gave to accumulators
 * counts when the task has succeeded: at once for a stage, which is not run again, and with its job for the rest.
 */
import type { Clock } from "../base/index.ts";
import {
  currentJob,
  type Dataset,
  type Dependency,
  Flow,
  inTask,
  Pacer,
  type PartitionBody,
  type StageBarrier,
  stagesBefore,
  type TaskContext,
  throwIfCancelled,
} from "../core/index.ts";

const neverAborted: AbortSignal = new AbortController().signal;

/** The stages that one call has tried in vain, with what they threw. */
type FailedStages = Map<StageBarrier, { readonly thrown: unknown }>;

/** Runs jobs in this process. */
export class JobRunner {
  readonly #clock: Clock;
  readonly #running = new Map<StageBarrier, Promise<void>>();
  #stageCount = 0;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Runs `body` over these partitions, after the stages that they depend on. */
  async runJob<T, R>(
    dataset: Dataset<T>,
    partitions: readonly number[],
    body: PartitionBody<T, R>,
  ): Promise<R[]> {
    await this.#completeBefore(dataset);
    const stageId = this.#stageCount++;
    const results: R[] = [];
    for (const partition of partitions) {
      const task = this.#task(stageId, partition);
      const flow = new Flow(task, new Pacer(this.#clock, task.signal));
      throwIfCancelled(task.signal);
      const input = {
        partition,
        flow,
        each: (push: (record: T) => void) => dataset.run(partition, flow, push),
      };
      results.push(await inTask(task, async () => body(input)));
      countWithJob(task);
    }
    return results;
  }

  /**
   * Completes these stages with what they depend on. One that fails holds up those that depend on it and no others; then
   * rejects with the first failure.
   */
  async runStages(stages: readonly StageBarrier[]): Promise<void> {
    const failed: FailedStages = new Map();
    let first: { readonly thrown: unknown } | undefined;
    for (const stage of stages) {
      try {
        await this.#completeBefore({ dependencies: [{ kind: "stage", barrier: stage }] }, failed);
      } catch (thrown) {
        first ??= { thrown };
      }
    }
    if (first !== undefined) throw first.thrown;
  }

  /** Asked again, as a state that is behind comes forward by one version at a time. */
  async #completeBefore(
    target: { readonly dependencies: readonly Dependency[] },
    failed: FailedStages = new Map(),
  ): Promise<void> {
    let stages = stagesBefore(target);
    while (stages.length > 0) {
      for (const stage of stages) await this.#completeOnce(stage, failed);
      stages = stagesBefore(target);
      // However much there is to be made up for, timers fire and a stop is noticed.
      if (stages.length > 0) await this.#clock.yieldToEventLoop();
    }
  }

  /** Does not try again what has failed. */
  async #completeOnce(stage: StageBarrier, failed: FailedStages): Promise<void> {
    const before = failed.get(stage);
    if (before !== undefined) throw before.thrown;
    try {
      await this.#complete(stage);
    } catch (thrown) {
      failed.set(stage, { thrown });
      throw thrown;
    }
  }

  async #complete(stage: StageBarrier): Promise<void> {
    while (!stage.isComplete()) {
      const underWay = this.#running.get(stage);
      if (underWay === undefined) return this.#begin(stage);
      // That one failing, or being cancelled with the job that it works for, is not a failure of this job.
      await underWay.catch(() => {});
    }
  }

  #begin(stage: StageBarrier): Promise<void> {
    const run = this.#runStage(stage).finally(() => this.#running.delete(stage));
    this.#running.set(stage, run);
    return run;
  }

  async #runStage(stage: StageBarrier): Promise<void> {
    const stageId = this.#stageCount++;
    for (const partition of stage.missingTasks()) {
      const task = this.#task(stageId, partition);
      throwIfCancelled(task.signal);
      const flow = new Flow(task, new Pacer(this.#clock, task.signal));
      await inTask(task, () => stage.runTask(partition, flow));
      for (const [accumulator, partial] of task.accumulated) accumulator.merge(partial);
    }
    stage.finish();
  }

  #task(stageId: number, partition: number): TaskContext {
    const job = currentJob();
    return {
      batchTimeMs: job?.batchTimeMs,
      stageId,
      partition,
      attempt: job?.attempt ?? 0,
      uid: job?.uid,
      signal: job?.signal ?? neverAborted,
      accumulated: new Map(),
    };
  }
}

function countWithJob(task: TaskContext): void {
  const job = currentJob();
  for (const [accumulator, partial] of task.accumulated) {
    if (job === undefined) accumulator.merge(partial);
    else job.accumulated.push([accumulator, partial]);
  }
}
