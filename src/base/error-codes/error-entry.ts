/** Owns: what is told of an error code, and the kinds that say what to do next. */

/**
 * What to do next: `usage` change the call; `user` look at your function (the cause is what it threw); `unavailable`
 * try again later or look at the machine; `closed` the thing was stopped; `data` look at the data; `bug` report it.
 */
export type ErrorKind = "usage" | "user" | "unavailable" | "closed" | "data" | "bug";

export interface ErrorEntry {
  readonly kind: ErrorKind;
  /** Lower case, without values. */
  readonly message: string;
  /** The next step. */
  readonly help: string;
}
