/** Owns: the port through which jobs and stages reach what runs tasks in other processes; interfaces only. */
import type { Accumulating, Dataset, PartitionAction, StageBarrier } from "../core/index.ts";

/** What a task has come to. */
export interface TaskResult<R> {
  readonly result: R;
  readonly accumulated: ReadonlyMap<Accumulating, unknown>;
}

/** Runs tasks in other processes, of datasets and stages that these have as well. */
export interface RemoteTasks {
  /**
   * Runs these tasks of a stage; `done` hears of each one that has succeeded. Undefined where it is not for others to run.
   * `again` completes what the stage depends on, where that has got lost.
   */
  runStage(
    stage: StageBarrier,
    tasks: readonly number[],
    work: RemoteWork & {
      readonly done: (task: number, accumulated: ReadonlyMap<Accumulating, unknown>) => void;
    },
  ): Promise<void> | undefined;
  /** Runs an action over partitions of a dataset, as `runStage`; results come in the order of `partitions`. */
  runJob<R>(
    dataset: Dataset<never> | Dataset<unknown>,
    partitions: readonly number[],
    action: PartitionAction,
    work: RemoteWork,
  ): Promise<readonly TaskResult<R>[]> | undefined;
}

export interface RemoteWork {
  readonly stageId: number;
  readonly again: () => Promise<void>;
}
