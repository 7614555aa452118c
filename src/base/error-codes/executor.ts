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
} as const;

executorErrors satisfies Record<string, ErrorEntry>;
