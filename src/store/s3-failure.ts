/**
 * Owns: what a refusal of S3 means, as a pure function: whether anything is decided, and which error tells it.
 * Does not own: what is done about it.
 */
import { type ErrorCode, StreamError } from "../base/index.ts";

/**
 * `undecided`: nobody knows whether it happened, or it did not: ask again. `incomplete`: an answer that contradicts itself: ask again.
 * All others are decided: `precondition` the name is there; `missing` it is not; `upload_gone` the upload was completed or
 * aborted; `range` the object ends before; `bucket_missing`, `denied`, `full`, `unsupported` as they say; `refused` anything else.
 */
export type S3FailureKind =
  | "undecided"
  | "incomplete"
  | "precondition"
  | "missing"
  | "upload_gone"
  | "range"
  | "bucket_missing"
  | "denied"
  | "full"
  | "unsupported"
  | "refused";

export interface S3Failure {
  readonly kind: S3FailureKind;
  readonly cause: unknown;
}

/** What was being done to which name, for messages. */
export interface S3Operation {
  readonly operation: "create" | "read" | "has" | "list" | "delete" | "probe";
  readonly name: string;
}

/** Codes whose status alone would mislead, and those of the network, which have none. */
const kindsByName: Readonly<Record<string, S3FailureKind>> = {
  PreconditionFailed: "precondition",
  // Nothing is decided by it: it says only that somebody else was writing at the same moment.
  ConditionalRequestConflict: "undecided",
  OperationAborted: "undecided",
  NoSuchBucket: "bucket_missing",
  NoSuchUpload: "upload_gone",
  NoSuchKey: "missing",
  NotFound: "missing",
  InvalidRange: "range",
  NotImplemented: "unsupported",
  SlowDown: "undecided",
  RequestTimeout: "undecided",
  InternalError: "undecided",
  // The SDK has learned the server's time from the refusal, and signs the next request with it.
  RequestTimeTooSkewed: "undecided",
  CredentialsProviderError: "denied",
  InvalidAccessKeyId: "denied",
  ExpiredToken: "denied",
  InvalidToken: "denied",
  TokenRefreshRequired: "denied",
  // What versitygw says, with 404, of a key that it does not know.
  XAdminUserNotFound: "denied",
  QuotaExceeded: "full",
  XMinioStorageFull: "full",
  IncompleteAnswer: "incomplete",
};

/** There is no 404 here: that there is no such object is believed of the codes above only, as much else may not be found. */
const kindsByStatus: Readonly<Record<number, S3FailureKind>> = {
  401: "denied",
  403: "denied",
  408: "undecided",
  412: "precondition",
  416: "range",
  429: "undecided",
  501: "unsupported",
  507: "full",
};

/** The failure that a rejected call stands for. */
export function failureOf(cause: unknown): S3Failure {
  const name = cause instanceof Error ? cause.name : "";
  const status = statusOf(cause);
  return { kind: kindsByName[name] ?? kindOf(status), cause };
}

function kindOf(status: number | undefined): S3FailureKind {
  // No status is no answer: a reset, a refused connection, a time-out, a name that was not found.
  if (status === undefined) return "undecided";
  return kindsByStatus[status] ?? (status >= 500 ? "undecided" : "refused");
}

function statusOf(cause: unknown): number | undefined {
  if (typeof cause !== "object" || cause === null || !("$metadata" in cause)) return undefined;
  const metadata = cause.$metadata;
  if (typeof metadata !== "object" || metadata === null) return undefined;
  const status = "httpStatusCode" in metadata ? metadata.httpStatusCode : undefined;
  return typeof status === "number" ? status : undefined;
}

/** An error for an answer that cannot be right as it is; it is asked for again. */
export function incompleteAnswer(why: string): Error {
  return Object.assign(new Error(why), { name: "IncompleteAnswer" });
}

export function isDecided({ kind }: S3Failure): boolean {
  return kind !== "undecided" && kind !== "incomplete";
}

/** The error that tells a failure to whoever called the store. */
export function errorOf(
  { kind, cause }: S3Failure,
  { operation, name }: S3Operation,
  details: Readonly<Record<string, unknown>>,
): StreamError {
  const isWrite = operation === "create" || operation === "delete" || operation === "probe";
  const code = codesByKind[kind] ?? (isWrite ? "store_write_failed" : "store_read_failed");
  return new StreamError(code, { ...details, operation, name }, { cause });
}

const codesByKind: Readonly<Partial<Record<S3FailureKind, ErrorCode>>> = {
  undecided: "store_unreachable",
  missing: "store_missing",
  bucket_missing: "store_bucket_missing",
  denied: "store_denied",
  full: "store_full",
  unsupported: "store_unfit",
};
