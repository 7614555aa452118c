/**
 * Owns: the list of the checkpoints of a directory: whether each can be read, whether all that it refers to is there, and
 * what it leaves to do. No state and no log is read for it, but the journal.
 * Does not own: whether what is there is undamaged to the last byte (verify.ts).
 */
import { messageOf, StreamError } from "../base/index.ts";
import { type Checkpoint, parseDurableName } from "../checkpoint/index.ts";
import type { StoreEntry } from "../store/index.ts";
import type { InspectedDirectory } from "./inspected-directory.ts";

/** One checkpoint of a directory. */
export interface CheckpointSummary {
  /** Without the folder. */
  readonly name: string;
  /** The newest batch that was allocated, in ms since 1970. */
  readonly batchTimeMs: number;
  readonly epoch: number;
  readonly number: number;
  /** By the clock of the machine that wrote it; undefined for one that cannot be read. */
  readonly writtenAtMs: number | undefined;
  readonly byteCount: number;
  /** `complete`: it can be read, and what it refers to is there. `incomplete`: something is missing. */
  readonly status: "complete" | "incomplete" | "damaged";
  /** Of one that is not complete. */
  readonly reason: string | undefined;
  readonly pendingBatches: number | undefined;
  /** Keys in its state snapshots, deltas included. */
  readonly stateEntries: number | undefined;
  /** Bytes of its state snapshots. */
  readonly stateBytes: number | undefined;
}

/** The checkpoints, newest last. */
export async function listCheckpoints(
  directory: InspectedDirectory,
): Promise<readonly CheckpointSummary[]> {
  const sizes = new Map<string, number>();
  for (const prefix of ["blocks/", "state/"]) {
    for (const { byteCount, name } of await directory.entries(prefix)) sizes.set(name, byteCount);
  }
  const summaries: CheckpointSummary[] = [];
  const entries = await directory.entries("checkpoints/");
  for (const { byteCount, name } of [...entries, ...(await missedAmong(directory, entries))]) {
    const parsed = parseDurableName(name);
    if (parsed.kind !== "checkpoint") continue;
    const { epoch, number, timeMs: batchTimeMs } = parsed;
    const known = {
      name: name.slice("checkpoints/".length),
      batchTimeMs,
      epoch,
      number,
      byteCount,
    };
    summaries.push({ ...known, ...(await contentsOf(directory, name, sizes)) });
  }
  return summaries.toSorted((a, b) => a.epoch - b.epoch || a.number - b.number);
}

/** The checkpoint that the journal tells of last, where it is not there. */
async function missedAmong(
  directory: InspectedDirectory,
  entries: readonly StoreEntry[],
): Promise<readonly StoreEntry[]> {
  const { journal } = await directory.observe();
  const told = journal.events.findLast(({ event }) => event.kind === "checkpoint_written")?.event;
  if (told?.kind !== "checkpoint_written") return [];
  const { name } = told.checkpoint;
  return entries.some((entry) => entry.name === name) ? [] : [{ name, byteCount: 0 }];
}

type Contents = Pick<
  CheckpointSummary,
  "pendingBatches" | "reason" | "stateBytes" | "stateEntries" | "status" | "writtenAtMs"
>;

async function contentsOf(
  directory: InspectedDirectory,
  name: string,
  sizes: ReadonlyMap<string, number>,
): Promise<Contents> {
  try {
    const { checkpoint } = await directory.moment(name);
    const { batches, snapshots, writtenAtMs } = checkpoint;
    const reason = missingOf(checkpoint, sizes);
    return {
      writtenAtMs,
      status: reason === undefined ? "complete" : "incomplete",
      reason,
      pendingBatches: batches.filter(({ status }) => status === "pending").length,
      stateEntries: snapshots.reduce((sum, each) => sum + each.entryCount, 0),
      stateBytes: snapshots.reduce((sum, each) => sum + each.byteCount, 0),
    };
  } catch (error) {
    if (!(error instanceof StreamError) || error.kind === "unavailable") throw error;
    const unknown = { writtenAtMs: undefined, pendingBatches: undefined };
    const told = error.details["reason"];
    const reason = typeof told === "string" ? told : messageOf(error);
    return {
      ...unknown,
      stateEntries: undefined,
      stateBytes: undefined,
      status: "damaged",
      reason,
    };
  }
}

function missingOf(checkpoint: Checkpoint, sizes: ReadonlyMap<string, number>): string | undefined {
  const snapshot = checkpoint.snapshots.find(({ name }) => !sizes.has(name));
  if (snapshot !== undefined) return `${snapshot.name} is missing`;
  for (const { location } of checkpoint.blocks) {
    if (location !== undefined && !sizes.has(location.segment)) {
      return `${location.segment} is missing`;
    }
  }
  return undefined;
}
