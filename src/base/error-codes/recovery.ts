/** Owns: the error codes of recovery and epochs. */
import type { ErrorEntry } from "./error-entry.ts";

export const recoveryErrors = {
  epoch_superseded: {
    kind: "closed",
    message: "another driver has taken over this directory",
    help: "nothing was acknowledged or committed since; leave the work to that driver, or stop it and start this program again",
  },
  driver_alive: {
    kind: "unavailable",
    message: "another driver runs on this directory",
    help: "stop that process, or give `takeOver: true` if it hangs and shall be pushed aside",
  },
  lock_unusable: {
    kind: "unavailable",
    message: "the lock of the directory cannot be taken, though nobody seems to hold it",
    help: "look at the cause; the folder `lock` holds no data and may be removed while no driver runs",
  },
  directory_blocked: {
    kind: "usage",
    message:
      "the checkpoint directory cannot be made: a part of its path is a file, or cannot be made",
    help: "name a path of which every part is a folder or can become one",
  },
  directory_foreign: {
    kind: "usage",
    message: "the checkpoint directory holds things that are not of Millrace",
    help: "name an empty or a new directory",
  },
  checkpoint_exists: {
    kind: "usage",
    message:
      "an application left its state in this directory, and a new context would pass it over",
    help: "start with StreamingContext.getOrCreate, which goes on with it, or name another directory",
  },
  checkpoint_missing: {
    kind: "data",
    message: "the journal tells of data, but there is no checkpoint",
    help: "restore the files of the folder checkpoints; nothing was changed; `millrace checkpoint verify` tells what else is damaged",
  },
  journal_gap: {
    kind: "data",
    message: "a part of the journal is missing",
    help: "restore the files of the folders journal and journal-mirror; nothing was changed; `millrace checkpoint verify` tells what else is damaged",
  },
  journal_damaged: {
    kind: "data",
    message: "the journal is damaged in both of its copies",
    help: "restore the file that is named from a backup; nothing was changed; `millrace checkpoint verify` tells what else is damaged",
  },
  epoch_missing: {
    kind: "data",
    message: "there are files of a driver whose epoch record is missing",
    help: "restore the files of the folder epoch; nothing was changed; `millrace checkpoint verify` tells what else is damaged",
  },
  epoch_foreign: {
    kind: "data",
    message: "in the place of an epoch record there is something that no driver made",
    help: "find out who put it there, and move it out of the folder epoch; nothing was changed",
  },
  application_differs: {
    kind: "usage",
    message: "the directory belongs to another application",
    help: "name another directory, or give the appName under which it was written",
  },
  upgrade_refused: {
    kind: "usage",
    message: "this program does not fit the state that an earlier one left",
    help: "do what the reasons say for each operator, or allow by name what is to be dropped",
  },
  interval_changed: {
    kind: "usage",
    message:
      "the batch interval was changed while batches of the old one are not done, or not in the snapshots",
    help: "start once with the old interval and stop gracefully, then change it; where windows are named, stop it when a slide has ended",
  },
  partitions_changed: {
    kind: "usage",
    message:
      "numbers of partitions were changed while batches are not done that cannot be run with the old ones",
    help: "start once with the old numbers, or the old partitioner, and stop gracefully, then change them",
  },
  journal_event_unknown: {
    kind: "data",
    message: "the journal tells of something that this release does not know",
    help: "start the release that wrote it, or a later one",
  },
} as const;

recoveryErrors satisfies Record<string, ErrorEntry>;
