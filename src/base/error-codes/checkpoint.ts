/** Owns: the error codes of checkpoints and state snapshots. */
import type { ErrorEntry } from "./error-entry.ts";

export const checkpointErrors = {
  checkpoint_stateless: {
    kind: "usage",
    message: "a stream without a state has nothing to be snapshotted",
    help: "call checkpoint() on what updateStateByKey, mapWithState or an incremental window gave; nothing else needs it",
  },
  checkpoint_off_grid: {
    kind: "usage",
    message: "a checkpoint interval is not a multiple of the slide of its stream",
    help: "give a multiple of slideMs; five to ten times is a good begin",
  },
  checkpoint_damaged: {
    kind: "data",
    message: "a checkpoint is not what was written",
    help: "put the file back from a copy; `millrace checkpoint verify` tells what else is damaged",
  },
  snapshot_damaged: {
    kind: "data",
    message: "a state snapshot is not what was written",
    help: "put the file back from a copy; `millrace checkpoint verify` tells what else is damaged",
  },
} as const;

checkpointErrors satisfies Record<string, ErrorEntry>;
