/**
 * Owns: which files of a log are to be read, up to where, and which are missing. Pure.
 * Does not own: the listing (log-listing.ts), what is in the files (log-reader.ts).
 *
 * I1. Segments are numbered without gaps: a number that is missing, between others or up to the last that is expected, is
 *     planned as a gap, and the reader reports it.
 * I2. A later epoch goes on behind what it found: a segment of an earlier epoch whose number is not below the first of a later
 *     one was written by a driver that had been superseded, and is not read.
 * I3. Nothing at the length at which a segment was sealed, or beyond it, is read.
 */
import { directoryOf, type LogFile, type LogListing, type LogSide } from "./log-listing.ts";
import type { SegmentIdentity } from "./log-names.ts";

/** Up to where the log of an epoch counts, as the next epoch has decided; later bytes are never read. */
export interface LogBound {
  readonly segment: number;
  readonly length: number;
}

export interface LogPlanOptions {
  /** By epoch. */
  readonly bounds?: ReadonlyMap<number, LogBound> | undefined;
  /** Segments below it are left over from a cleaning (default: the lowest that is there). */
  readonly fromSegment?: number | undefined;
  /** A segment that must be there, if another record knows of it. */
  readonly lastSegment?: number | undefined;
}

/** A file to be read. */
export interface PlannedCopy extends Pick<LogFile, "file" | "side" | "repair"> {
  /** Whether a repaired copy of the same side stands for it: its frames count, its damage is known already. */
  readonly isReplaced: boolean;
}

/** A segment to be read. */
export interface PlannedSegment {
  readonly segment: number;
  readonly epoch: number;
  readonly copies: readonly PlannedCopy[];
  /** The files that should be there, and are not. */
  readonly missing: readonly { readonly file: string; readonly side: LogSide }[];
  /** The length at which a later epoch sealed it. */
  readonly sealedLength: number | undefined;
}

/** Numbers, from `from` to before `until`, of which there is no file. */
export interface PlannedGap {
  readonly from: number;
  readonly until: number;
  /** The file that should be there for the first of them, as far as that can be known. */
  readonly file: string;
}

export interface LogPlan {
  /** In the order of their numbers. */
  readonly parts: readonly (PlannedSegment | PlannedGap)[];
  /** Files that count no more: of superseded drivers, and below `fromSegment`. */
  readonly leftovers: readonly string[];
}

/** Plans the reading of a log. */
export function planLog(listing: LogListing, options: LogPlanOptions = {}): LogPlan {
  const { bounds, fromSegment = 0, lastSegment } = options;
  const isCurrent = currentBy(listing.files, bounds);
  const [current, leftovers] = split(
    listing.files,
    (file) => file.segment >= fromSegment && isCurrent(file),
  );
  const groups = groupedBySegment(current);
  const parts: (PlannedSegment | PlannedGap)[] = [];
  let next = options.fromSegment ?? groups[0]?.[0]?.segment ?? lastSegment ?? 0;
  let epoch = groups[0]?.[0]?.epoch ?? 0;
  const gapUntil = (until: number) => {
    if (next < until) parts.push({ from: next, until, file: nameIn(listing, next, epoch) });
  };
  for (const files of groups) {
    const identity = files[0];
    if (identity === undefined) continue;
    gapUntil(identity.segment);
    parts.push(planSegment(listing, identity, files, bounds));
    next = identity.segment + 1;
    epoch = identity.epoch;
  }
  gapUntil((lastSegment ?? -1) + 1);
  return { parts, leftovers: leftovers.map(({ file }) => file) };
}

/** Whether a file belongs to a driver that had not been superseded. */
function currentBy(
  files: readonly LogFile[],
  bounds: LogPlanOptions["bounds"],
): (file: LogFile) => boolean {
  const firstOf = new Map<number, number>();
  for (const { epoch, segment } of files) {
    firstOf.set(epoch, Math.min(segment, firstOf.get(epoch) ?? segment));
  }
  const limitOf = new Map<number, number>();
  let limit = Number.POSITIVE_INFINITY;
  for (const [epoch, first] of [...firstOf].sort(([a], [b]) => b - a)) {
    limitOf.set(epoch, limit);
    limit = Math.min(limit, first);
  }
  return ({ epoch, segment }) =>
    segment < (limitOf.get(epoch) ?? 0) && segment <= (bounds?.get(epoch)?.segment ?? segment);
}

function groupedBySegment(files: readonly LogFile[]): LogFile[][] {
  const groups: LogFile[][] = [];
  for (const file of files.toSorted((a, b) => a.segment - b.segment)) {
    const group = groups.at(-1);
    if (group?.[0]?.segment === file.segment) group.push(file);
    else groups.push([file]);
  }
  return groups;
}

function planSegment(
  listing: LogListing,
  { epoch, segment }: SegmentIdentity,
  files: readonly LogFile[],
  bounds: LogPlanOptions["bounds"],
): PlannedSegment {
  const bound = bounds?.get(epoch);
  const sealedLength = bound?.segment === segment ? bound.length : undefined;
  const copies: PlannedCopy[] = [];
  const missing: { file: string; side: LogSide }[] = [];
  for (const side of ["primary", "mirror"] as const) {
    const ofSide = files.filter((file) => file.side === side).sort((a, b) => b.repair - a.repair);
    for (const [index, { file, repair }] of ofSide.entries()) {
      copies.push({ file, side, repair, isReplaced: index > 0 });
    }
    // What was sealed at nothing need not be there.
    if (ofSide.length > 0 || sealedLength === 0) continue;
    const directory = directoryOf(listing.place, side);
    if (directory !== undefined)
      missing.push({ file: nameIn(listing, segment, epoch, side), side });
  }
  return { segment, epoch, copies, missing, sealedLength };
}

function nameIn(
  { place }: LogListing,
  segment: number,
  epoch: number,
  side: LogSide = "primary",
): string {
  return `${directoryOf(place, side)}/${place.names.nameOf({ segment, epoch })}`;
}

function split<T>(items: readonly T[], test: (item: T) => boolean): [T[], T[]] {
  return [items.filter(test), items.filter((item) => !test(item))];
}
