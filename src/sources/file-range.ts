/**
 * Owns: cutting a file into ranges, and the lines of a range.
 * Invariants: I1 the lines of the ranges of a file, one after another, are the lines of the file: a line belongs to the
 * range that its first byte is in.
 */
import type { Buffer } from "node:buffer";
import type { InputFile } from "./input-file.ts";

/** The bytes from `from` (included) to `until` (excluded). */
export interface FileRange {
  readonly from: number;
  readonly until: number;
}

/** A last range may be longer by this factor, rather than that a very short one follows it. */
const lastRangeFactor = 1.1;

/** Ranges of `rangeBytes` that cover the file. */
export function rangesOf(byteCount: number, rangeBytes: number): FileRange[] {
  const ranges: FileRange[] = [];
  let from = 0;
  while (byteCount - from > rangeBytes * lastRangeFactor) {
    ranges.push({ from, until: from + rangeBytes });
    from += rangeBytes;
  }
  if (from < byteCount) ranges.push({ from, until: byteCount });
  return ranges;
}

const newline = 0x0a;

/** The bytes of the lines that begin within a range, their ends included. */
export async function* linesOfRange(
  file: InputFile,
  { from, until }: FileRange,
  chunkBytes?: number,
): AsyncGenerator<Buffer, void, undefined> {
  // A line begins at `from` when the byte before it ends one.
  let position = Math.max(0, from - 1);
  let hasBegun = from === 0;
  const chunks = file.chunks({
    from: position,
    ...(chunkBytes === undefined ? {} : { chunkBytes }),
  });
  for await (const chunk of chunks) {
    let start = 0;
    if (!hasBegun) {
      start = chunk.indexOf(newline) + 1;
      hasBegun = start > 0;
      const next = hasBegun ? position + start : position + chunk.length;
      if (next >= until) return;
    }
    if (hasBegun) {
      const end = chunk.indexOf(newline, Math.max(start, until - 1 - position)) + 1;
      yield chunk.subarray(start, end > 0 ? end : chunk.length);
      if (end > 0) return;
    }
    position += chunk.length;
  }
}
