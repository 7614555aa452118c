/**
 * Owns: the numbers of the block format (docs/format/values.md, "Blocks").
 * Does not own: writing (block-encoder.ts) and reading (block-decoder.ts).
 *
 * I1. A change of what bytes mean takes a new version; a reader reads every version that was ever
 *     written.
 */

/** The first byte of a block. */
export const blockVersion = 1;

/** How the values of one column are written. */
export const columnKind = {
  values: 0,
  strings: 1,
  doubles: 2,
  int32s: 3,
  tuples: 4,
  objects: 5,
} as const;

/** How the text of a run of strings is written: a byte to each code unit, or two. */
export const runEncoding = { latin1: 0, utf16: 1 } as const;

/**
 * Columns of tuples and objects may hold tuples and objects again, so deep; a reader refuses deeper
 * ones.
 */
export const columnDepthMax = 4;

/** Wider tuples and objects are written as values. */
export const columnsMax = 64;
