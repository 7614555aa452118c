/** Owns: the error codes of what runs tasks and keeps blocks. */
import type { ErrorEntry } from "./error-entry.ts";

export const executorErrors = {
  block_unreadable: {
    kind: "unavailable",
    message: "a block of records can be read no more",
    help: "look at the disk of temporary files; a dataset is computed again when its job is retried",
  },
  block_unwritable: {
    kind: "unavailable",
    message: "a block of records could not be written to the disk",
    help: "look at the space and the permissions of the folder for temporary files",
  },
  block_store_closed: {
    kind: "closed",
    message: "the block store was closed",
    help: "make a new DataContext",
  },
  broadcast_destroyed: {
    kind: "usage",
    message: "the broadcast value was destroyed",
    help: "destroy it after its last use",
  },
  executor_lost: {
    kind: "unavailable",
    message: "an executor is gone",
    help: "what it did is done again by another one; its last output and the cause tell why it ended",
  },
  executor_start_failed: {
    kind: "user",
    message: "an executor ended before its program reached start()",
    help: "an executor runs the same program: look at what it printed last, and at where its program stood",
  },
  executor_start_overdue: {
    kind: "user",
    message: "the program of an executor did not reach start() in time",
    help: "look at where it stands; what only the driver shall wait for belongs into onDriver(fn)",
  },
  executors_failing: {
    kind: "user",
    message: "executors die again and again",
    help: "look at what the last one printed: too little memory, a crash in native code, or process.exit in a function",
  },
  executors_stopped: {
    kind: "closed",
    message: "the executors were stopped",
    help: "start a new context",
  },
  executor_program_missing: {
    kind: "usage",
    message: "a file that executor processes need is not there",
    help: "run millrace from its package: a bundler must leave it external",
  },
  executor_not_ready: {
    kind: "usage",
    message: "the executor asked for something before it was ready",
    help: "ask after ready()",
  },
  fingerprint_differs: {
    kind: "user",
    message: "an executor built another graph than the driver",
    help: "let the program build the same graph in each process: nothing of it may depend on time, chance or the process",
  },
  mirror_differs: {
    kind: "user",
    message: "an executor made other datasets of a batch than the driver",
    help: "make the same datasets in each process: no operator may depend on time, chance or the process in what it makes",
  },
  accumulator_unknown: {
    kind: "user",
    message: "an executor added to an accumulator that the driver has not made",
    help: "make accumulators where every process of the program comes by, in the same order",
  },
  method_unknown: {
    kind: "bug",
    message: "a request names a method that nobody serves",
    help: "report this with the stack",
  },
  method_taken: {
    kind: "bug",
    message: "a method is served twice",
    help: "report this with the stack",
  },
  answer_not_iterable: {
    kind: "bug",
    message: "a stream was asked for, and what answers it is not iterable",
    help: "report this with the stack",
  },
  call_cancelled: {
    kind: "closed",
    message: "whoever asked gave up",
    help: "stop working at it",
  },
  message_too_large: {
    kind: "unavailable",
    message: "a message between processes is too large",
    help: "send it as a stream of smaller parts",
  },
  channel_closed: {
    kind: "closed",
    message: "the connection to the other process was closed",
    help: "see the cause, where there is one; ask another process",
  },
  channel_damaged: {
    kind: "bug",
    message: "what came over a connection between processes is not of its protocol",
    help: "report this with the values; all processes must run the same release",
  },
  connection_refused: {
    kind: "unavailable",
    message: "a process could not be connected to",
    help: "see the cause: it may have ended meanwhile",
  },
  socket_path_too_long: {
    kind: "usage",
    message: "the path of a socket is too long for the operating system",
    help: "set TMPDIR to a shorter path",
  },
} as const;

executorErrors satisfies Record<string, ErrorEntry>;
