/**
 * Owns: what is told of states without looking for a key: how large they are, and how evenly their keys are spread.
 * Does not own: reading them (state-scan.ts).
 */
import { type Checkpoint, isCodecReadable } from "../checkpoint/index.ts";
import { KeyGroupPartitioner } from "../core/index.ts";
import type { Store } from "../store/index.ts";
import { newestChain, type ScanProgress, scanChain } from "./state-scan.ts";

/** The state of one operator. */
export interface StateReport {
  readonly operator: string;
  readonly kind: string;
  /** The batch whose state it is; undefined before the first snapshot. */
  readonly versionMs: number | undefined;
  readonly keys: number;
  /** Whether `keys` was counted; else it is the most that there can be, as the deltas may hold known keys. */
  readonly isExact: boolean;
  /** Of its snapshots. */
  readonly bytes: number;
  readonly snapshots: number;
  readonly partitions: number;
  /** How many times as many keys as the average the fullest partition has; undefined where they were not counted. */
  readonly skew: number | undefined;
  readonly keysByPartition: readonly number[] | undefined;
  /** Of what the program keeps per key. */
  readonly stateVersion: number;
  readonly codec: string;
  /** Whether values can be shown: not where the program wrote them by a codec of its own. */
  readonly isReadable: boolean;
}

export interface StateReportOptions {
  /** Reads the states to count their keys where there are at most so many entries (default: none). */
  readonly countedEntriesMax?: number;
  readonly progress?: ScanProgress;
}

/** The states of a checkpoint. Throws what reading them throws. */
export async function reportStates(
  store: Store,
  checkpoint: Checkpoint,
  { countedEntriesMax = 0, progress }: StateReportOptions = {},
): Promise<readonly StateReport[]> {
  const reports: StateReport[] = [];
  for (const { kind, state, uid } of checkpoint.graph.streams) {
    if (state === undefined) continue;
    const chain = newestChain(checkpoint, uid);
    const newest = chain.at(-1);
    const entries = chain.reduce((sum, { entryCount }) => sum + entryCount, 0);
    const codec = newest?.codecId ?? state.codecId;
    const counted =
      entries <= countedEntriesMax
        ? await countKeys(scanChain(store, chain, progress && { progress }), state.partitions)
        : undefined;
    reports.push({
      operator: uid,
      kind,
      versionMs: newest?.versionMs,
      keys: counted?.keys ?? entries,
      isExact: counted !== undefined || chain.length <= 1,
      bytes: chain.reduce((sum, { byteCount }) => sum + byteCount, 0),
      snapshots: chain.length,
      partitions: state.partitions,
      skew: counted?.skew,
      keysByPartition: counted?.keysByPartition,
      stateVersion: newest?.stateVersion ?? state.version,
      codec,
      isReadable: isCodecReadable(codec),
    });
  }
  return reports;
}

async function countKeys(
  slices: ReturnType<typeof scanChain>,
  partitions: number,
): Promise<{ keys: number; skew: number | undefined; keysByPartition: readonly number[] }> {
  const partitioner = new KeyGroupPartitioner(partitions);
  const keysByPartition = new Array<number>(partitions).fill(0);
  let keys = 0;
  for await (const slice of slices) {
    for (const { key } of slice) {
      const partition = partitioner.partitionOf(key);
      keysByPartition[partition] = (keysByPartition[partition] ?? 0) + 1;
      keys += 1;
    }
  }
  const skew = keys === 0 ? undefined : (Math.max(...keysByPartition) * partitions) / keys;
  return { keys, skew, keysByPartition };
}
