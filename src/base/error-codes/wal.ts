/** Owns: the error codes of logs. */
import type { ErrorEntry } from "./error-entry.ts";

export const walErrors = {
  log_failed: {
    kind: "unavailable",
    message: "a log could not be written, and takes nothing more",
    help: "look at the disk or the network, then start again: recovery reads back what is there",
  },
  log_taken: {
    kind: "closed",
    message: "somebody else writes this log, and this writer ends",
    help: "let the other driver go on, or stop it before you start this one again",
  },
  log_closed: {
    kind: "closed",
    message: "the log is closed and takes nothing",
    help: "append before it is closed",
  },
  log_frame_too_large: {
    kind: "usage",
    message: "what should be appended to a log is too large for a frame",
    help: "store smaller blocks",
  },
  log_damaged: {
    kind: "data",
    message: "a log is not what was written",
    help: "nothing was changed; restore the file from a copy of it; `millrace checkpoint verify` tells what else is damaged",
  },
  log_foreign: {
    kind: "data",
    message: "a file in the place of a log's segment is none",
    help: "move it away, or name the directory that is meant",
  },
  format_newer: {
    kind: "usage",
    message: "a file was written by a newer release",
    help: "start with that release or a later one; nothing was changed",
  },
  checkpoint_foreign: {
    kind: "usage",
    message: "a checkpoint is not one of this application",
    help: "name the directory of this application, or an empty one to begin anew",
  },
} as const;

walErrors satisfies Record<string, ErrorEntry>;
