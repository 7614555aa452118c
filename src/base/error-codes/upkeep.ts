/** Owns: the error codes of changing a checkpoint directory without a driver. */
import type { ErrorEntry } from "./error-entry.ts";

export const upkeepErrors = {
  fork_target_used: {
    kind: "usage",
    message: "the target of a fork is not empty, and nothing is overwritten",
    help: "name a new directory, or a prefix of a bucket under which there is nothing",
  },
  fork_source_moved: {
    kind: "unavailable",
    message: "something that a start needs was not there when it was to be copied",
    help: "fork again, as a running driver removes what it needs no more; if it is missed again, verify the source",
  },
  state_not_editable: {
    kind: "usage",
    message: "this state cannot be changed as it stands",
    help: "do as the reason says; `millrace checkpoint show` tells from which snapshot a state would be restored",
  },
  repair_impossible: {
    kind: "usage",
    message: "this cannot be repaired here",
    help: "restore the damaged files from a backup; of a bucket repair a copy in a directory of this machine",
  },
} as const;

upkeepErrors satisfies Record<string, ErrorEntry>;
