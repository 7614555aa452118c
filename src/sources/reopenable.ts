/** Owns: what can be read as it is, once, or opened as often as needed. */

/**
 * Something to read from. As it is, it can be read once; given by a function that opens it, it is opened again after an
 * error.
 */
export type Reopenable<S extends object> = S | (() => S | Promise<S>);

/** Whether it is given by a function. */
export function isOpener<S extends object>(source: Reopenable<S>): source is () => S | Promise<S> {
  return typeof source === "function";
}
