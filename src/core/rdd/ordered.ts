/** Owns: putting records in a row: parts one after the other, and sorted, where some may be undefined. */
import type { Pacer } from "./pacer.ts";

/** The records in order, equal ones as they came. `Array.prototype.sort` alone puts undefined last, whatever the order says. */
export function ordered<T>(records: readonly T[], compare: (a: T, b: T) => number): T[] {
  if (!records.includes(undefined as T)) return records.toSorted(compare);
  return records
    .map((record) => ({ record }))
    .sort((a, b) => compare(a.record, b.record))
    .map(({ record }) => record);
}

/** Parts one after the other; copied by the engine of the language, and a single one not at all. */
export function concatenated<T>(parts: readonly T[][]): T[];
export function concatenated<T>(parts: readonly (readonly T[])[]): readonly T[];
export function concatenated<T>(parts: readonly (readonly T[])[]): readonly T[] {
  const [first = [], ...others] = parts;
  return others.length === 0 ? first : first.concat(...others);
}

/** What is sorted at once: little enough for a slice, whatever the comparison costs. */
const runRecords = 512;

/** As `ordered`, letting the event loop turn meanwhile: runs are sorted at once, and merged in slices. */
export async function orderedInSlices<T>(
  records: readonly T[],
  compare: (a: T, b: T) => number,
  pacer: Pacer,
): Promise<T[]> {
  if (records.length <= runRecords) return ordered(records, compare);
  let from = await sortedRuns(records, compare, pacer);
  let to = new Array<T>(from.length);
  for (let width = runRecords; width < from.length; width *= 2) {
    for (let start = 0; start < from.length; start += 2 * width) {
      await merge({ from, to, compare, pacer }, start, start + width, start + 2 * width);
    }
    [from, to] = [to, from];
  }
  return from;
}

async function sortedRuns<T>(
  records: readonly T[],
  compare: (a: T, b: T) => number,
  pacer: Pacer,
): Promise<T[]> {
  const sorted: T[] = [];
  for (let start = 0; start < records.length; start += runRecords) {
    for (const record of ordered(records.slice(start, start + runRecords), compare)) {
      sorted.push(record);
    }
    if (pacer.sliceIsOver()) await pacer.pause();
  }
  return sorted;
}

interface Merging<T> {
  readonly from: readonly T[];
  readonly to: T[];
  readonly compare: (a: T, b: T) => number;
  readonly pacer: Pacer;
}

/** Merges the runs [start, middle) and [middle, end), of which the second may be cut off or missing. */
async function merge<T>(
  { compare, from, pacer, to }: Merging<T>,
  start: number,
  middle: number,
  end: number,
): Promise<void> {
  const leftEnd = Math.min(middle, from.length);
  const rightEnd = Math.min(end, from.length);
  let left = start;
  let right = leftEnd;
  for (let at = start; at < rightEnd; ) {
    const until = Math.min(rightEnd, at + pacer.chunkRecords);
    for (; at < until; at++) {
      // Of equal records the left one came first.
      const takesLeft =
        left < leftEnd && (right >= rightEnd || compare(from[left] as T, from[right] as T) <= 0);
      to[at] = from[takesLeft ? left++ : right++] as T;
    }
    if (pacer.sliceIsOver()) await pacer.pause();
  }
}
