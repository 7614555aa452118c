/**
 * Owns: how an error is told: what happened, with which values, what to do, and the next command to run.
 * Does not own: the errors (src/base), exit codes (exit-code.ts).
 */
import { type ErrorCode, messageOf, reasonOf, StreamError } from "../base/index.ts";
import type { Json } from "../inspect/index.ts";
import { exitCodeOf } from "./exit-code.ts";

/** An error, ready to be printed. */
export interface ToldError {
  readonly code: string | undefined;
  readonly message: string;
  readonly details: Readonly<Record<string, Json>>;
  readonly help: string | undefined;
  /** A command line. */
  readonly next: string | undefined;
  readonly exitCode: number;
}

/** What is told of an error that a command on this directory ended with. */
export function toldError(
  error: unknown,
  directory: string | undefined,
  { canLookBack = false }: { readonly canLookBack?: boolean } = {},
): ToldError {
  const exitCode = exitCodeOf(error);
  if (!(error instanceof StreamError)) {
    return {
      code: undefined,
      message: messageOf(error),
      details: {},
      help: undefined,
      next: undefined,
      exitCode,
    };
  }
  const details = Object.entries(error.details)
    .filter(([, value]) => value !== undefined)
    .map(([name, value]) => [name, JSON.parse(JSON.stringify(value) ?? "null") as Json]);
  return {
    code: error.code,
    message: reasonOf(error),
    details: Object.fromEntries(details) as Readonly<Record<string, Json>>,
    help: helpOf(error, canLookBack),
    next: nextCommand(error, directory),
    exitCode,
  };
}

/** Where the newest there is cannot be looked at, older ones may be. */
function helpOf({ help, kind }: StreamError, canLookBack: boolean): string {
  return kind === "data" && canLookBack ? `${help}; --at shows an older checkpoint` : help;
}

const nextByCode: Readonly<Partial<Record<ErrorCode, string>>> = {
  checkpoint_unknown: "ls",
  operator_unknown: "state ls",
  segment_unknown: "wal ls",
  checkpoint_damaged: "verify",
  checkpoint_missing: "verify",
  snapshot_damaged: "verify",
  journal_damaged: "verify",
  journal_gap: "wal stat",
  log_damaged: "verify",
  log_foreign: "wal ls",
  driver_alive: "show",
  epoch_superseded: "show",
  confirmation_missing: "show",
  store_missing: "verify",
  store_unreachable: "doctor",
  store_denied: "doctor",
};

function nextCommand(error: StreamError, directory: string | undefined): string | undefined {
  if (directory === undefined) return undefined;
  const shell = shellWord(directory);
  if (error.code === "state_key_missing") {
    const operator = shellWord(String(error.details["operator"]));
    const meant = error.details["didYouMean"];
    return typeof meant !== "string"
      ? `millrace checkpoint state scan ${shell} ${operator} --limit 10`
      : `millrace checkpoint state get ${shell} ${operator} ${shellWord(meant)}`;
  }
  const command = nextByCode[error.code];
  return command && `millrace checkpoint ${command} ${shell}`;
}

/** A text as one word of a POSIX shell. */
export function shellWord(text: string): string {
  return /^[\w./:=@%+,-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`;
}

/** The lines of an error. */
export function errorLines(told: ToldError): readonly string[] {
  const code = told.code === undefined ? "" : ` [${told.code}]`;
  return [
    `error: ${told.message}${code}`,
    ...Object.entries(told.details).map(([name, value]) => `  ${label(name)}: ${plain(value)}`),
    ...(told.help === undefined ? [] : [`  help: ${told.help}`]),
    ...(told.next === undefined ? [] : [`  next: ${told.next}`]),
  ];
}

function label(name: string): string {
  return name === "didYouMean" ? "did you mean" : name;
}

function plain(value: Json): string {
  if (typeof value === "string") return value;
  if (Array.isArray(value)) return value.map((each) => plain(each as Json)).join(", ");
  return JSON.stringify(value);
}
