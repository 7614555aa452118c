/**
 * Owns: which durable things are still needed, and which are garbage, by what refers to them and by nothing else: never by
 * a clock. Pure.
 * Does not own: listing and deleting; how far back states need data (choose-bases.ts), which decides what a checkpoint
 * refers to.
 *
 * I1. Nothing that a kept checkpoint, or the driver's knowledge behind it, refers to is garbage; nor is what the driver
 *     is writing, what another driver of a later epoch wrote, or what is not Millrace's.
 * I2. Whatever else there is, is garbage, but for epoch records, which stay for ever: a name that was given once must not
 *     become free again.
 * I3. It holds for the driver of the epoch that is named, who has made sure that it leads since the newest kept
 *     checkpoint was journaled.
 */
import { invariant } from "../base/index.ts";
import type { Checkpoint } from "./checkpoint.ts";
import { type DurableName, parseDurableName } from "./durable-names.ts";

/** How many checkpoints are kept. */
export const checkpointsKept = 3;

/** A checkpoint that stays, with what it refers to. */
export interface KeptCheckpoint {
  readonly name: string;
  readonly checkpoint: Pick<Checkpoint, "blocks" | "snapshots" | "journal">;
}

/** A log that is being written. */
export interface OpenLog {
  /** Its segments' names without the number: `blocks/<epoch>-<writer>`. */
  readonly log: string;
  /** The first segment that has, or may get, what nobody refers to yet. */
  readonly firstSegment: number;
}

/** What is known of the durable things. */
export interface RetentionFacts {
  /** The epoch of the driver that asks. */
  readonly epoch: number;
  readonly kept: readonly KeptCheckpoint[];
  /** Names that the events behind the newest checkpoint refer to, and those that are being written. */
  readonly inUse: ReadonlySet<string>;
  readonly openLogs: readonly OpenLog[];
}

/** What to do with the names of a store. */
export interface Retention {
  readonly reachable: readonly string[];
  readonly garbage: readonly string[];
  /** Not Millrace's: left alone, and told. */
  readonly unknown: readonly string[];
}

/** The newest of the checkpoints of these names, newest first, whatever batch they were taken at. */
export function newestCheckpoints(
  names: Iterable<string>,
  count: number = checkpointsKept,
): readonly string[] {
  const checkpoints = [...names].flatMap((name) => {
    const parsed = parseDurableName(name);
    return parsed.kind === "checkpoint" ? [{ name, ...parsed }] : [];
  });
  checkpoints.sort(
    (a, b) => b.epoch - a.epoch || b.number - a.number || (a.name < b.name ? 1 : -1),
  );
  return checkpoints.slice(0, count).map(({ name }) => name);
}

/** Sorts the names of a store into what stays and what may go. Without a kept checkpoint everything stays. */
export function retentionOf(names: Iterable<string>, facts: RetentionFacts): Retention {
  const references = referencesOf(facts);
  const reachable: string[] = [];
  const garbage: string[] = [];
  const unknown: string[] = [];
  for (const name of names) {
    const parsed = parseDurableName(name);
    if (parsed.kind === "unknown") unknown.push(name);
    else if (isReachable(name, parsed, facts, references)) reachable.push(name);
    else garbage.push(name);
  }
  return { reachable, garbage, unknown };
}

interface References {
  readonly names: ReadonlySet<string>;
  /** The journal is read from the oldest kept checkpoint on. */
  readonly journalSegment: number;
  readonly openSegments: ReadonlyMap<string, number>;
}

function referencesOf({ kept, inUse, openLogs }: RetentionFacts): References {
  const names = new Set(inUse);
  for (const { name, checkpoint } of kept) {
    names.add(name);
    for (const snapshot of checkpoint.snapshots) names.add(snapshot.name);
    for (const { location } of checkpoint.blocks) if (location) names.add(location.segment);
  }
  return {
    names,
    journalSegment: Math.min(...kept.map(({ checkpoint }) => journalSegmentOf(checkpoint))),
    openSegments: new Map(openLogs.map(({ log, firstSegment }) => [log, firstSegment])),
  };
}

function journalSegmentOf({ journal }: Pick<Checkpoint, "journal">): number {
  const parsed = parseDurableName(journal.segment);
  invariant(parsed.kind === "journal", "a checkpoint names a segment of the journal");
  return parsed.segment;
}

function isReachable(
  name: string,
  parsed: DurableName,
  { epoch, kept }: RetentionFacts,
  references: References,
): boolean {
  if (kept.length === 0 || references.names.has(name)) return true;
  switch (parsed.kind) {
    case "audit":
    case "epoch":
    case "lock":
    case "unknown":
      return true;
    case "checkpoint":
    case "state":
      return parsed.epoch > epoch;
    case "journal":
      return parsed.segment >= references.journalSegment;
    case "blocks": {
      // A copy of a segment is needed as long as the segment is.
      if (references.names.has(segmentOfCopy(name))) return true;
      if (parsed.epoch !== epoch) return parsed.epoch > epoch;
      const open = references.openSegments.get(parsed.log);
      return open === undefined || parsed.segment >= open;
    }
  }
}

function segmentOfCopy(name: string): string {
  const folder = name.lastIndexOf("/") + 1;
  const dot = name.indexOf(".", folder);
  return dot === -1 ? name : name.slice(0, dot);
}
