/**
 * Owns: the exit codes, and which error ends with which.
 * Does not own: what is printed of an error (error-text.ts).
 */
import { type ErrorCode, StreamError } from "../base/index.ts";

/** The exit codes, as docs/cli.md tells them. */
export const exitCodes = {
  ok: 0,
  failure: 1,
  usage: 2,
  notFound: 3,
  damaged: 4,
  held: 5,
} as const;

export type ExitCode = (typeof exitCodes)[keyof typeof exitCodes];

/** What each code means, for the documentation. */
export const exitCodeMeanings: Readonly<Record<ExitCode, string>> = {
  0: "it is done, and what was looked at is well",
  1: "it failed: the store does not answer, the disk is full, the format is of a newer release, and the like",
  2: "the command was not understood, or what it asked for is refused; nothing was changed",
  3: "there is nothing of that name: no directory of Millrace, no such checkpoint, operator, key, segment or bucket",
  4: "something is damaged",
  5: "another driver holds the directory",
};

const byCode: Readonly<Partial<Record<ErrorCode, ExitCode>>> = {
  directory_empty: exitCodes.notFound,
  directory_foreign: exitCodes.notFound,
  checkpoint_unknown: exitCodes.notFound,
  operator_unknown: exitCodes.notFound,
  state_key_missing: exitCodes.notFound,
  segment_unknown: exitCodes.notFound,
  program_missing: exitCodes.notFound,
  store_bucket_missing: exitCodes.notFound,
  driver_alive: exitCodes.held,
  epoch_superseded: exitCodes.held,
  log_taken: exitCodes.held,
  format_newer: exitCodes.failure,
  journal_event_unknown: exitCodes.failure,
  checkpoint_foreign: exitCodes.damaged,
  package_missing: exitCodes.failure,
};

/** The exit code of an error. */
export function exitCodeOf(error: unknown): ExitCode {
  if (!(error instanceof StreamError)) return exitCodes.failure;
  const known = byCode[error.code];
  if (known !== undefined) return known;
  if (error.kind === "usage") return exitCodes.usage;
  return error.kind === "data" ? exitCodes.damaged : exitCodes.failure;
}
