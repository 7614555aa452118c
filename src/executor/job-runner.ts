/**
 * Owns: running jobs and stages: in this process one task after the other, or by whoever runs tasks in others.
 * Does not own: where a lineage is cut (src/core), retries and batches (src/scheduler), other processes (tasks/).
 * Invariants: I1 a stage runs at most once at a time, whichever jobs wait for it. I2 what a task gave to accumulators
 * counts when the task has succeeded: once and at once for a stage, whatever of it runs again, and with its job for the rest.
 */
import type { Clock } from "../base/index.ts";
import {
  type Accumulating,
  currentJob,
  type Dataset,
  type Dependency,
  Flow,
  inTask,
  type JobScope,
  Pacer,
  type PartitionAction,
  type PartitionBody,
  type StageBarrier,
  stagesBefore,
  type TaskContext,
  throwIfCancelled,
} from "../core/index.ts";
import { computingFor } from "./body-reads.ts";
import type { RemoteTasks, TaskResult } from "./remote-tasks.ts";

const neverAborted: AbortSignal = new AbortController().signal;

/** The stages that one call has tried in vain, with what they threw. */
type FailedStages = Map<StageBarrier, { readonly thrown: unknown }>;

/** Runs jobs in this process, and in others where there are some. */
export class JobRunner {
  readonly #clock: Clock;
  readonly #running = new Map<StageBarrier, Promise<void>>();
  /** The tasks of a stage whose accumulators have been counted: what runs again after a loss counts no more. */
  readonly #counted = new WeakMap<StageBarrier, Set<number>>();
  #remote: RemoteTasks | undefined;
  #stageCount = 0;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** From now on others run what they can; undefined ends it. */
  share(remote: RemoteTasks | undefined): void {
    this.#remote = remote;
  }

  /** Runs `body` over these partitions, after the stages that they depend on; others run `action`, which is the same. */
  async runJob<T, R>(
    dataset: Dataset<T>,
    partitions: readonly number[],
    body: PartitionBody<T, R>,
    action?: PartitionAction,
  ): Promise<R[]> {
    await this.completeBefore(dataset);
    const stageId = this.#stageCount++;
    if (action !== undefined) {
      const again = () => this.completeBefore(dataset);
      const elsewhere = this.#remote?.runJob<R>(dataset, partitions, action, { stageId, again });
      if (elsewhere !== undefined) return countedResults(await elsewhere);
    }
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
      results.push(await this.#within(dataset, task, async () => body(input)));
      countAll(task.accumulated);
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
        await this.completeBefore({ dependencies: [{ kind: "stage", barrier: stage }] }, failed);
      } catch (thrown) {
        first ??= { thrown };
      }
    }
    if (first !== undefined) throw first.thrown;
  }

  /**
   * Completes the stages that must be complete before a dataset or a stage can be computed: asked again, as a state that is
   * behind comes forward by one version at a time.
   */
  async completeBefore(
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
    const missing = stage.missingTasks();
    // What comes back from another process comes on behalf of nobody.
    const job = currentJob();
    const elsewhere = this.#remote?.runStage(stage, missing, {
      stageId,
      again: () => this.completeBefore(stage),
      done: (task, accumulated) => this.#count(stage, task, accumulated, job),
    });
    await (elsewhere ?? this.#runHere(stage, missing, stageId));
    stage.finish();
  }

  async #runHere(
    stage: StageBarrier,
    partitions: readonly number[],
    stageId: number,
  ): Promise<void> {
    const job = currentJob();
    for (const partition of partitions) {
      const task = this.#task(stageId, partition);
      throwIfCancelled(task.signal);
      const flow = new Flow(task, new Pacer(this.#clock, task.signal));
      await this.#within(stage, task, () => stage.runTask(partition, flow));
      this.#count(stage, partition, task.accumulated, job);
    }
  }

  /** Where there are others, it is noted for whom this process computes what they could not. */
  #within<R>(
    target: Dataset<never> | Dataset<unknown> | StageBarrier,
    task: TaskContext,
    work: () => R,
  ): R {
    if (this.#remote === undefined) return inTask(task, work);
    return computingFor(target, () => inTask(task, work));
  }

  #count(
    stage: StageBarrier,
    task: number,
    accumulated: ReadonlyMap<Accumulating, unknown>,
    job: JobScope | undefined,
  ): void {
    const counted = this.#counted.get(stage) ?? new Set();
    this.#counted.set(stage, counted);
    if (counted.has(task)) return;
    counted.add(task);
    if (accumulated.size === 0) return;
    if (job?.countStage !== undefined) return job.countStage(stage, task, accumulated);
    for (const [accumulator, partial] of accumulated) accumulator.merge(partial);
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

function countedResults<R>(results: readonly TaskResult<R>[]): R[] {
  for (const { accumulated } of results) countAll(accumulated);
  return results.map(({ result }) => result);
}

/** Counts with the job; outside of one, at once. */
function countAll(accumulated: ReadonlyMap<Accumulating, unknown>): void {
  const job = currentJob();
  for (const [accumulator, partial] of accumulated) {
    if (job === undefined) accumulator.merge(partial);
    else job.accumulated.push([accumulator, partial]);
  }
}
