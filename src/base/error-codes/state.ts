/** Owns: the error codes of keyed states. */
import type { ErrorEntry } from "./error-entry.ts";

export const stateErrors = {
  state_version_newer: {
    kind: "data",
    message: "a state was stored by a later version of its program",
    help: "start the program that wrote it, or one whose state has at least that version",
  },
  state_version_older: {
    kind: "usage",
    message: "a state was stored in an older form, and nothing tells how to migrate it",
    help: "give the operator a `migrate` function from the stored version",
  },
  state_backend_failed: {
    kind: "unavailable",
    message: "the LevelDB database of a state failed",
    help: "look at the cause, at the disk and its space; the state comes back from its snapshots",
  },
  state_directory_in_use: {
    kind: "unavailable",
    message: "another program, or another state, has this directory open",
    help: "give each program a directory of its own, or end the other one",
  },
  state_directory_missing: {
    kind: "usage",
    message: "a state in LevelDB needs a directory, and the context has none",
    help: "set stateDirectory in the options of the context",
  },
  state_codec_failed: {
    kind: "user",
    message: "the codec of a state failed",
    help: "see the cause; it is called with the value, or with the bytes that it made of one",
  },
  state_migration_failed: {
    kind: "user",
    message: "the migrate function of a state failed",
    help: "see the cause; it is given the stored value, its version and its key",
  },
  state_snapshot_gone: {
    kind: "unavailable",
    message: "the executor that a state snapshot was read from is gone",
    help: "nothing to do: the next snapshot covers the changes of this one",
  },
  state_output_gone: {
    kind: "unavailable",
    message:
      "what a state function returned was lost with its executor after its state was snapshotted",
    help: "start the program again: it goes on from the last snapshot before, and loses nothing",
  },
  state_partition_elsewhere: {
    kind: "unavailable",
    message: "this executor does not have that partition of the state",
    help: "nothing to do: the driver brings it to an executor, and the task runs again",
  },
} as const;

stateErrors satisfies Record<string, ErrorEntry>;
