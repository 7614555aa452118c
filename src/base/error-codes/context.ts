/** Owns: the error codes of the scheduler and the context. */
import type { ErrorEntry } from "./error-entry.ts";

export const contextErrors = {
  batch_failed: {
    kind: "user",
    message: "a batch failed for good",
    help: "look at the cause; onFailure says what follows",
  },
  batch_unreadable: {
    kind: "data",
    message: "a batch failed for good, as stored data that it needs cannot be read",
    help: "put the file back from a copy, then start again; `millrace checkpoint verify` tells what else is damaged",
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
  application_module_unknown: {
    kind: "usage",
    message:
      "executors have no module to load the program from, as in a test runner, a REPL or evaluated code",
    help: "write `export default application({ master, batchInterval }, (ssc) => { ... })` and run it by `node app.ts`, or name such a module as executorModule",
  },
  application_module_missing: {
    kind: "usage",
    message: "the module of the application is not there",
    help: "run this in the folder of the program, or give getOrCreate a function that makes the context",
  },
  application_module_failed: {
    kind: "user",
    message: "the module of the application could not be loaded",
    help: "look at the cause",
  },
  application_expected: {
    kind: "usage",
    message: "the default export of the module is no application",
    help: "write `export default application(options, build)` there, by the copy of Millrace that loads the module",
  },
  application_unnoted: {
    kind: "usage",
    message: "it is not known which module the application comes from",
    help: "give getOrCreate a function that makes the context; a module is noted where its application was run by `node app.ts`, or names itself by executorModule",
  },
  checkpoint_absent: {
    kind: "usage",
    message: "no application has left anything in the checkpoint directory",
    help: "look at the address, or give getOrCreate a function that makes a context to begin with",
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
