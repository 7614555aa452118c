/** Owns: the error codes of looking into a checkpoint directory and of the command line. */
import type { ErrorEntry } from "./error-entry.ts";

export const inspectErrors = {
  directory_empty: {
    kind: "usage",
    message: "there is nothing of Millrace at this address",
    help: "look whether the address is the one that the program was given",
  },
  directory_read_only: {
    kind: "bug",
    message: "something tried to write into a directory that is only looked at",
    help: "report it, with the command that you ran",
  },
  checkpoint_unknown: {
    kind: "usage",
    message: "there is no such checkpoint",
    help: "list those that are there with `millrace checkpoint ls`",
  },
  operator_unknown: {
    kind: "usage",
    message: "no stateful operator of this checkpoint has that id",
    help: "list those that there are with `millrace checkpoint state ls`",
  },
  state_key_missing: {
    kind: "usage",
    message: "the state has no such key",
    help: "look for it with `millrace checkpoint state scan --prefix`; a text that looks like a number is written with quotes",
  },
  segment_unknown: {
    kind: "usage",
    message: "there is no such segment of a log",
    help: "list those that are there with `millrace checkpoint wal ls`",
  },
  notation_invalid: {
    kind: "usage",
    message: "a value on the command line is not valid",
    help: 'write JSON, or one of the forms with a $, such as {"$bigint":"1"}; docs/cli.md has them all',
  },
  target_taken: {
    kind: "usage",
    message: "the target is there already, and nothing is overwritten",
    help: "name a new one, or remove it first",
  },
  sqlite_unavailable: {
    kind: "unavailable",
    message: "this Node has no SQLite",
    help: "run Node 22.13 or later, or export to avro, ndjson or csv",
  },
  program_missing: {
    kind: "usage",
    message: "there is no such program",
    help: "give the path of the file that `node` would run",
  },
  module_form_missing: {
    kind: "usage",
    message:
      "these options are for a program whose default export is an application, and this one is not",
    help: "write `export default application(options, build)` there, or leave the options out: a plain program sets them itself",
  },
  crash_loop: {
    kind: "unavailable",
    message: "the program crashed again and again, and is not started any more",
    help: "look at what the program wrote before; --restarts-max allows more",
  },
  confirmation_missing: {
    kind: "usage",
    message: "this would change something, and nobody agreed to it",
    help: "add --yes, or --dry-run to see what would be done",
  },
} as const;

inspectErrors satisfies Record<string, ErrorEntry>;
