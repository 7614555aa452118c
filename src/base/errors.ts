/**
 * Owns: the one error class of Millrace and the kinds that tell a caller what to do next.
 * Does not own: the table of codes (error-codes.ts).
 */
import { type ErrorCode, errorCodes } from "./error-codes.ts";

export type { ErrorCode, ErrorKind } from "./error-codes.ts";

/** The values that an error carries besides its code; they are printed last, as key=`value`. */
export type ErrorDetails = Readonly<Record<string, unknown>>;

/**
 * The one error that Millrace throws: `code` says exactly what happened, `kind` what to do next, `details` with which
 * values, `cause` why, where another error stands behind it.
 */
export class StreamError extends Error {
  override readonly name: string = "StreamError";
  readonly code: ErrorCode;
  readonly details: ErrorDetails;

  constructor(code: ErrorCode, details: ErrorDetails = {}, options: { cause?: unknown } = {}) {
    super(describe(code, details, options.cause), options);
    this.code = code;
    this.details = details;
  }

  /** What to do next: change the program, look at your function, retry, look at the data, or report a bug. */
  get kind(): (typeof errorCodes)[ErrorCode]["kind"] {
    return errorCodes[this.code].kind;
  }

  /** The next step in one sentence. */
  get help(): string {
    return errorCodes[this.code].help;
  }
}

function describe(code: ErrorCode, details: ErrorDetails, cause: unknown): string {
  const values = Object.entries(details)
    .filter(([, value]) => value !== undefined)
    .map(([key, value]) => ` ${key}=\`${printable(value)}\``)
    .join("");
  const detail = values === "" ? "" : `${values};`;
  return `${headline(code, cause)};${detail} ${errorCodes[code].help} [${code}]`;
}

function printable(value: unknown): string {
  // JSON would make null of NaN and of the infinities.
  const isPlain = typeof value === "string" || typeof value === "number";
  const text = isPlain ? String(value) : (safeJson(value) ?? String(value));
  return text.length > 200 ? `${text.slice(0, 200)}...` : text;
}

function safeJson(value: unknown): string | undefined {
  try {
    return JSON.stringify(value);
  } catch {
    return undefined;
  }
}

/** The shortest honest text of anything that was thrown; of an error of Millrace's own without its values and help. */
export function reasonOf(thrown: unknown): string {
  if (thrown instanceof StreamError) return headline(thrown.code, thrown.cause);
  return thrown instanceof Error ? thrown.message : printable(thrown);
}

function headline(code: ErrorCode, cause: unknown): string {
  const { message } = errorCodes[code];
  return cause === undefined ? message : `${message}: ${reasonOf(cause)}`;
}

/** The whole text of anything that was thrown; of an error of Millrace's own with its values, help and code. */
export function messageOf(thrown: unknown): string {
  return thrown instanceof Error ? thrown.message : printable(thrown);
}

/** Throws a `bug` error when a thing holds that the code relies on to be true, is not. */
export function invariant(holds: unknown, claim: string): asserts holds {
  if (!holds) throw new StreamError("invariant_violated", { claim });
}
