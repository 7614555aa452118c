/** Owns: which error of a store an error of a medium is. Does not own: the errors of S3, which have no errno. */
import { type ErrorCode, errnoOf, StreamError } from "../base/index.ts";
import { ContentFailure } from "./store-content.ts";

/** What was being done to what, when it failed. */
export interface StoreAction {
  readonly store: string;
  readonly name?: string;
  readonly does: "read" | "write";
}

const codes: Readonly<Record<string, ErrorCode>> = {
  ENOSPC: "store_full",
  EDQUOT: "store_full",
  EACCES: "store_denied",
  EPERM: "store_denied",
  EROFS: "store_denied",
  ENAMETOOLONG: "store_name_invalid",
};

/** Of a path without a file at its end: nothing, a file where a folder should be, a folder where the file should be. */
const absent: ReadonlySet<string | undefined> = new Set(["ENOENT", "ENOTDIR", "EISDIR"]);

/** Whether an error of a file says that there is no such object. */
export function saysAbsent(error: unknown): boolean {
  return absent.has(errnoOf(error));
}

/**
 * What to throw in the place of what was thrown: an error of the store, which names store and object; an error that has
 * a code already as it is; and what the content of an object threw as it was thrown.
 */
export function storeFailure(thrown: unknown, action: StoreAction): unknown {
  if (thrown instanceof ContentFailure) return thrown.cause;
  if (thrown instanceof StreamError) return thrown;
  const { store, name, does } = action;
  return new StreamError(codeOf(thrown, does), { store, name }, { cause: thrown });
}

function codeOf(thrown: unknown, does: StoreAction["does"]): ErrorCode {
  const known = codes[errnoOf(thrown) ?? ""];
  if (known !== undefined) return known;
  if (does === "write") return "store_write_failed";
  return saysAbsent(thrown) ? "store_missing" : "store_read_failed";
}
