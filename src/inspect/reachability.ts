/**
 * Owns: which names of a directory something still leads to, and how much room each kind of thing takes.
 * Does not own: the rule of what stays (src/checkpoint), deleting: a driver does that.
 */
import { StreamError } from "../base/index.ts";
import {
  type KeptCheckpoint,
  newestCheckpoints,
  parseDurableName,
  type Retention,
  retentionOf,
} from "../checkpoint/index.ts";
import { segmentsOf } from "../receiver/index.ts";
import type { StoreEntry } from "../store/index.ts";
import type { InspectedDirectory } from "./inspected-directory.ts";

/** What leads to what in a directory. */
export interface Reachability extends Retention {
  readonly entries: readonly StoreEntry[];
  /** The checkpoints that are kept, newest first. */
  readonly kept: readonly KeptCheckpoint[];
}

/**
 * Sorts the names of a directory, by the three newest checkpoints that can be read and what the driver knew last. Where a
 * driver is running, what it is writing at the moment counts as garbage, as nobody else knows of it yet.
 */
export async function reachabilityOf(directory: InspectedDirectory): Promise<Reachability> {
  // Before the journal is read, so that what is told of meanwhile is not mistaken for garbage.
  const entries = await directory.entries();
  const names = entries.map(({ name }) => name);
  const { left, newestEpoch } = await directory.observe();
  const kept: KeptCheckpoint[] = [];
  for (const name of newestCheckpoints(names)) {
    try {
      kept.push({ name, checkpoint: (await directory.moment(name)).checkpoint });
    } catch (error) {
      if (!(error instanceof StreamError) || error.kind === "unavailable") throw error;
    }
  }
  const inUse = new Set<string>([
    ...(left?.knowledge.snapshots.map(({ name }) => name) ?? []),
    ...(left === undefined ? [] : segmentsOf(left.knowledge.blocks.snapshot())),
  ]);
  const openLogs = openLogsOf(names, newestEpoch);
  // A checkpoint that cannot be read is evidence, and what it leads to may be needed to mend it.
  const isWhole = left !== undefined && kept.length === newestCheckpoints(names).length;
  const facts = { epoch: newestEpoch, kept: isWhole ? kept : [], inUse, openLogs };
  return { entries, kept, ...retentionOf(names, facts) };
}

/** The last segment of each receiver log of an epoch may be being written. */
function openLogsOf(
  names: readonly string[],
  epoch: number,
): { log: string; firstSegment: number }[] {
  const last = new Map<string, number>();
  for (const name of names) {
    const parsed = parseDurableName(name);
    if (parsed.kind !== "blocks" || parsed.epoch !== epoch) continue;
    last.set(parsed.log, Math.max(parsed.segment, last.get(parsed.log) ?? 0));
  }
  return [...last].map(([log, firstSegment]) => ({ log, firstSegment }));
}

/** The room that one kind of thing takes. */
export interface SpaceReport {
  /** A folder; of states, that of an operator. */
  readonly what: string;
  readonly files: number;
  readonly bytes: number;
  /** Of what nothing leads to any more. */
  readonly garbageFiles: number;
  readonly garbageBytes: number;
}

/** How much room there is taken, by folder. */
export function reportSpace({ entries, garbage }: Reachability): readonly SpaceReport[] {
  const isGarbage = new Set(garbage);
  const rows = new Map<string, SpaceReport>();
  for (const { byteCount, name } of entries) {
    const what = folderOf(name);
    const row = rows.get(what) ?? { what, files: 0, bytes: 0, garbageFiles: 0, garbageBytes: 0 };
    const lost = isGarbage.has(name) ? 1 : 0;
    rows.set(what, {
      what,
      files: row.files + 1,
      bytes: row.bytes + byteCount,
      garbageFiles: row.garbageFiles + lost,
      garbageBytes: row.garbageBytes + lost * byteCount,
    });
  }
  return [...rows.values()].toSorted((a, b) => b.bytes - a.bytes || (a.what < b.what ? -1 : 1));
}

function folderOf(name: string): string {
  const [first = "", second = "", third] = name.split("/");
  if (first === "state" && third !== undefined) return `state/${second}`;
  return name.includes("/") ? first : "(other)";
}
