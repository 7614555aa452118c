/** Owns: the error codes of datasets and streams. */
import type { ErrorEntry } from "./error-entry.ts";

export const coreErrors = {
  storage_level_fixed: {
    kind: "usage",
    message: "the dataset has another storage level already",
    help: "unpersist it first",
  },
  user_function_failed: {
    kind: "user",
    message: "a function of the program threw",
    help: "look at the cause; the batch is retried or given up as onFailure says",
  },
  udf_taken: {
    kind: "usage",
    message: "a name was given to two udfs, or two names to one",
    help: "call udf once per function, at module level, with a name of its own",
  },
  udf_unknown: {
    kind: "usage",
    message: "there is no udf of that name in this process",
    help: "call udf at module level, in the application module or one that it imports without a condition",
  },
  promise_returned: {
    kind: "user",
    message: "a function that must return a value returned a promise",
    help: "use mapAsync for functions that wait, or foreachPartition for output that waits",
  },
  shared_value_changed: {
    kind: "user",
    message: "a function changed a value that others see too",
    help: "return a new value; or begin with one that may be changed, by combineByKey or aggregateByKey",
  },
  pair_expected: {
    kind: "user",
    message: "an operator on pairs met a record that is no [key, value]",
    help: "map the records to [key, value] before it",
  },
  job_cancelled: {
    kind: "closed",
    message: "the job was cancelled",
    help: "start the context again to go on",
  },
  shuffle_output_missing: {
    kind: "unavailable",
    message: "what a shuffle needs is no longer there",
    help: "the job is retried, which computes it again",
  },
  dataset_empty: {
    kind: "usage",
    message: "the dataset has no records",
    help: "ask isEmpty() first, or use take(1), or fold() with a zero",
  },
  partitions_differ: {
    kind: "usage",
    message: "the datasets have different numbers of partitions or records",
    help: "repartition one like the other, or use join()",
  },
  storage_level_unknown: {
    kind: "usage",
    message: "there is no such storage level",
    help: "use one of the names of StorageLevels",
  },
  graph_fixed: {
    kind: "usage",
    message: "the stream graph cannot be changed once the context was started or stopped",
    help: "declare every stream and operation before start()",
  },
  data_contexts_differ: {
    kind: "usage",
    message: "datasets of different data contexts cannot be combined",
    help: "make all of them with one DataContext: that of the streaming context is its `data`",
  },
  contexts_differ: {
    kind: "usage",
    message: "streams of different contexts cannot be combined",
    help: "make all of them with one StreamingContext",
  },
  slides_differ: {
    kind: "usage",
    message: "streams with different slides cannot be combined",
    help: "give both the same slide by window()",
  },
  streams_missing: {
    kind: "usage",
    message: "there is no stream to combine",
    help: "pass at least one stream",
  },
  uid_fixed: {
    kind: "usage",
    message: "the operator has a uid already",
    help: "call uid() once, right after the operator",
  },
  uid_taken: {
    kind: "usage",
    message: "another operator has this uid",
    help: "give each operator a uid of its own",
  },
  context_not_started: {
    kind: "usage",
    message: "the context has not been started",
    help: "call it after start()",
  },
  output_missing: {
    kind: "usage",
    message: "there is no output operation, so nothing would be computed",
    help: "add print(), foreachRDD() or another output before start()",
  },
  remember_fixed: {
    kind: "usage",
    message: "the remember duration is set already",
    help: "call remember() once",
  },
  dataset_expected: {
    kind: "user",
    message: "a function that makes datasets returned none",
    help: "return an RDD; an input without a dataset at a time returns undefined",
  },
  dataset_missing: {
    kind: "user",
    message: "a stream has no dataset at this time",
    help: "give the operator streams that have one at each of its times",
  },
  window_off_grid: {
    kind: "usage",
    message: "window and slide must be multiples of the slide of the stream",
    help: "choose a multiple",
  },
  window_shorter_than_slide: {
    kind: "usage",
    message: "a window with an inverse function must not be shorter than its slide",
    help: "use the form without an inverse function",
  },
  window_inconsistent: {
    kind: "user",
    message: "a key leaves a window that it is not in",
    help: "make sure that inverse(f(x, y), x) is y and that no function changes its right argument",
  },
  input_reported_twice: {
    kind: "usage",
    message: "an input reported a batch twice",
    help: "report each batch once, in compute()",
  },
  slice_invalid: {
    kind: "usage",
    message: "there are no datasets for these times",
    help: "ask for times after the start, within what is remembered, the first not after the last",
  },
  initial_state_undefined: {
    kind: "user",
    message: "an initial state is undefined, which is no state",
    help: "leave out the keys that have none",
  },
  state_absent: {
    kind: "user",
    message: "the key has no state",
    help: "ask exists(), or use getOption()",
  },
  state_removed: {
    kind: "user",
    message: "the state of the key was removed in this call",
    help: "update it or remove it, once",
  },
  state_timing_out: {
    kind: "user",
    message: "the key is timing out and its state goes after this call",
    help: "ask isTimingOut() before you change the state",
  },
  duration_invalid: {
    kind: "usage",
    message: "a duration must be a positive whole number of milliseconds",
    help: "make it with milliseconds(), seconds() or minutes()",
  },
} as const;

coreErrors satisfies Record<string, ErrorEntry>;
