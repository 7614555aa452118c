/** Owns: the error codes of sinks. */
import type { ErrorEntry } from "./error-entry.ts";

export const sinksErrors = {
  output_not_directory: {
    kind: "usage",
    message: "the place for the files of a dataset is no directory",
    help: "name a directory, or remove the file that is in its place",
  },
  output_taken: {
    kind: "usage",
    message: "a directory for the files of a dataset holds something else already",
    help: "save each dataset, and each batch, into a directory of its own; remove the old one if it is not needed",
  },
  output_incomplete: {
    kind: "unavailable",
    message: "files of a dataset that were written are gone",
    help: "find out who removes them, or writes to the same directory",
  },
  file_not_written: {
    kind: "unavailable",
    message: "a file could not be written",
    help: "look at the space and the permissions of the directory",
  },
  file_chunk_invalid: {
    kind: "user",
    message: "a file writer gave something that is neither text nor bytes",
    help: "give strings or Uint8Arrays",
  },
  print_failed: {
    kind: "unavailable",
    message: "standard output takes nothing any more",
    help: "find out what reads it, as it has gone; or give print a function of your own",
  },
  sink_fenced: {
    kind: "closed",
    message: "a later driver of the application writes to the sink, so this one may not",
    help: "end this process; the later one goes on with its batches",
  },
  sink_partitions_differ: {
    kind: "data",
    message: "an output of a batch was begun with another number of partitions",
    help: "run the batch with the partitions that it was allocated; with others its records would be written twice",
  },
  sink_batch_forgotten: {
    kind: "data",
    message: "a batch is older than what the sink still remembers",
    help: "find out why a batch runs again that was done; nobody can tell whether it was written",
  },
  sink_contended: {
    kind: "unavailable",
    message: "the transactions of a sink did not succeed, as others were in their way",
    help: "find out who else writes to the same rows, or keeps the database locked",
  },
  sink_unreachable: {
    kind: "unavailable",
    message: "the database of a sink gives no connection",
    help: "see the cause; the output is tried again as often as attempts says",
  },
  sink_not_committed: {
    kind: "user",
    message: "the database rolled a transaction back, though the function that writes ended well",
    help: "await every statement in the function, and let its error through; end the transaction nowhere in it",
  },
  pipe_failed: {
    kind: "user",
    message: "a program that records are piped through failed",
    help: "run it by hand with the same input; it has to end with exit code 0",
  },
} as const;

sinksErrors satisfies Record<string, ErrorEntry>;
