/**
 * Owns: removing the segments of a log that nobody needs any more.
 * Does not own: what is needed (the callers, who know what is reachable).
 *
 * I1. The lowest numbers go first, all copies of one before the next: a cleaning that was cut off leaves no gap behind what
 *     it left, and the next one removes the rest.
 * I2. The newest segment stays, so that its number is never given again.
 */
import type { Store } from "../store/index.ts";
import type { LogFile, LogListing } from "./log-listing.ts";
import { readSegmentHeader } from "./segment-header-reader.ts";
import { SegmentWindow } from "./segment-window.ts";

/** What goes: segments below a number, or those all of whose frames are below a sequence number. */
export type CleaningLimit = { readonly belowSegment: number } | { readonly belowSequence: number };

/** Removes what is below the limit, of all epochs, and gives the names. Rejects as the store does. */
export async function cleanLog(
  store: Pick<Store, "delete" | "readRange">,
  listing: LogListing,
  limit: CleaningLimit,
): Promise<string[]> {
  const files = listing.files.toSorted((a, b) => a.segment - b.segment);
  const newest = files.at(-1)?.segment ?? 0;
  const below =
    "belowSegment" in limit
      ? limit.belowSegment
      : await segmentOf(store, files, limit.belowSequence);
  const removed: string[] = [];
  for (const { file, segment } of files) {
    if (segment >= Math.min(below, newest)) break;
    await store.delete(file);
    removed.push(file);
  }
  return removed;
}

/** The last segment that begins at the sequence number or before it: whatever is lower has only frames below. */
async function segmentOf(
  store: Pick<Store, "readRange">,
  files: readonly LogFile[],
  sequence: number,
): Promise<number> {
  let found = 0;
  for (const { file, segment } of files) {
    const header = await readSegmentHeader(new SegmentWindow(store, file), {});
    // One that cannot be read tells nothing; another copy, or the next segment, does.
    if (header.kind !== "header") continue;
    if (header.header.firstSequence > sequence) break;
    found = segment;
  }
  return found;
}
