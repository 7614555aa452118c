/** Owns: the error codes of the scheduler and the context. */
import type { ErrorEntry } from "./error-entry.ts";

export const contextErrors = {
  batch_failed: {
    kind: "user",
    message: "a batch failed for good",
    help: "look at the cause; onFailure says what follows",
  },
  dead_letter_failed: {
    kind: "user",
    message: "the dead-letter function failed, so the batch has nowhere to go",
    help: "mend the function; the context was stopped so that nothing is lost silently",
  },
  context_stopped: {
    kind: "closed",
    message: "the context was stopped",
    help: "make a new StreamingContext",
  },
  context_active: {
    kind: "usage",
    message: "another context is active in this process",
    help: "stop it first",
  },
  executor_unconnected: {
    kind: "usage",
    message: "this process is an executor by its environment, but no driver has sent for it",
    help: "remove the variable from the environment: only a driver sets it, for the processes that it starts",
  },
  master_unknown: {
    kind: "usage",
    message: "there is no such master",
    help: 'use "local", which runs everything in this process',
  },
  stop_timed_out: {
    kind: "unavailable",
    message: "the batches did not end in time",
    help: "give gracefulStopTimeout more, or find what hangs; the rest was cancelled",
  },
  data_context_closed: {
    kind: "closed",
    message: "the data context was closed",
    help: "make a new DataContext",
  },
} as const;

contextErrors satisfies Record<string, ErrorEntry>;
