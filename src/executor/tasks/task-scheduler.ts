/**
 * Owns: running one task after all: on an executor that has a place for it, again on another one where that is lost, again
 * where what it reads is gone and was made anew.
 * Does not own: places (task-slots.ts), what a task does (executor-tasks.ts), trying a whole job again (src/scheduler).
 *
 * I1. What an attempt came to counts only while it is the attempt that is waited for: what a lost executor, or a cancelled
 * task, answers later is dropped. I2. What the program threw is not tried again here: the job is, as often as it says.
 */
import { StreamError } from "../../base/index.ts";
import { throwIfCancelled } from "../../core/index.ts";
import { isLoss } from "../loss.ts";
import type { Placement, TaskSlots } from "./task-slots.ts";

/** Tries of a task whose executors die or whose inputs go: one that kills executors must end somewhere. */
const triesMax = 8;

/** One task. */
export interface ScheduledTask<R> extends Pick<Placement, "preferred"> {
  readonly signal: AbortSignal;
  /** Where alone it may run, while that one lives; undefined where it may anywhere. */
  readonly bound?: Placement["bound"];
  /** Sends it. `retry` counts the tries before this one. */
  readonly send: (executor: string, retry: number) => Promise<R>;
  /** Makes anew what it reads and what is gone; the error tells what was missing. */
  readonly recover: (missing: StreamError) => Promise<void>;
}

/** Runs tasks on executors. */
export class TaskScheduler {
  readonly #slots: TaskSlots;

  constructor(slots: TaskSlots) {
    this.#slots = slots;
  }

  /** Rejects with what the task failed by, with the last loss after too many of them, and with `job_cancelled`. */
  async run<R>(task: ScheduledTask<R>): Promise<R> {
    const { bound, preferred, signal } = task;
    let avoid: string | undefined;
    for (let retry = 0; ; retry++) {
      throwIfCancelled(signal);
      const executor = await this.#slots.take({ preferred, bound, avoid }, signal);
      let error: unknown;
      try {
        return await task.send(executor, retry);
      } catch (thrown) {
        error = thrown;
      } finally {
        this.#slots.release(executor);
      }
      throwIfCancelled(signal);
      if (retry + 1 >= triesMax || !isTriedAgain(error)) throw error;
      if (isMissing(error)) await task.recover(error);
      else avoid = executor;
    }
  }
}

/** Whether an error tells that an executor, or what it had, is gone: the task itself has not failed. */
export function isTriedAgain(error: unknown): error is StreamError {
  return isMissing(error) || isLoss(error);
}

const missingCodes = new Set(["shuffle_output_missing", "state_partition_elsewhere"]);

/** Whether what a task reads is gone, or on its way to another executor. */
export function isMissing(error: unknown): error is StreamError {
  return error instanceof StreamError && missingCodes.has(error.code);
}
