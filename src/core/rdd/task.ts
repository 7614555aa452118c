/**
 * Owns: what a running task knows about itself, and the scopes through which user code can ask for it.
 * Does not own: who runs tasks (src/executor).
 */
import { AsyncLocalStorage } from "node:async_hooks";

/** The operator that a dataset was made by: its id in the graph, and its kind. */
export interface OperatorSite {
  readonly uid: string;
  readonly kind: string;
  /** The batch that the dataset was made for, in ms since the epoch; undefined outside of a stream. */
  readonly batchTimeMs?: number;
}

/** What a task knows about itself. */
export interface TaskContext {
  /** The batch it works for, in ms since the epoch; undefined outside of a stream. */
  readonly batchTimeMs: number | undefined;
  readonly stageId: number;
  readonly partition: number;
  /** 0 for the first try. */
  readonly attempt: number;
  /** The id of the output operation whose job it works for; undefined outside of a stream. */
  readonly uid: string | undefined;
  readonly signal: AbortSignal;
  /** What accumulators were given by this task; counted when the task has succeeded, and only then. */
  readonly accumulated: Map<Accumulating, unknown>;
}

/** An accumulator, as a task sees it. */
export interface Accumulating {
  /** What a later life of the application knows it by; undefined for one that is of one life. */
  readonly name: string | undefined;
  merge(partial: unknown): void;
  /** What two parts of one task have added, as one. */
  joined(left: unknown, right: unknown): unknown;
}

/** A stage, as far as it matters whose tasks were counted. */
export interface CountedStage {
  readonly purpose: string;
  readonly site: OperatorSite;
}

/** The job on whose behalf datasets are computed: one output operation of one batch. */
export interface JobScope {
  readonly batchTimeMs: number;
  readonly uid: string;
  readonly attempt: number;
  readonly signal: AbortSignal;
  /** What its tasks gave to accumulators; counted when the job has succeeded. */
  readonly accumulated: [Accumulating, unknown][];
  /** Whether all that a batch gave to accumulators was counted by an earlier life of the driver. */
  readonly isBatchCounted?: (batchTimeMs: number) => boolean;
  /** Counts what a task of a stage gave, which is run once, whichever jobs need it; at once where it is left out. */
  readonly countStage?: (
    stage: CountedStage,
    partition: number,
    accumulated: ReadonlyMap<Accumulating, unknown>,
  ) => void;
}

const tasks = new AsyncLocalStorage<TaskContext>();
const jobs = new AsyncLocalStorage<JobScope>();

/** The context of the task that runs the calling function; undefined on the driver. */
export function taskContext(): TaskContext | undefined {
  return tasks.getStore();
}

/** Runs `body` as part of `task`. */
export function inTask<R>(task: TaskContext, body: () => R): R {
  return tasks.run(task, body);
}

/** The job that the calling function works for; undefined outside of a stream. */
export function currentJob(): JobScope | undefined {
  return jobs.getStore();
}

/** Runs `body` as part of `job`. */
export function inJob<R>(job: JobScope, body: () => R): R {
  return jobs.run(job, body);
}
