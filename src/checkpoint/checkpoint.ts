/**
 * Owns: what a checkpoint holds: all that the driver needs to go on besides the journal behind it and the state
 * snapshots it refers to. Plain data, so that it is the same whoever reads it.
 * Does not own: how it is written (checkpoint-format.ts), how it comes about (src/recovery).
 */
import type { GraphDescription } from "../core/index.ts";
import type { StateSnapshotRef } from "./state-snapshot.ts";

/** The version of the format that is written, and the newest that is read. */
export const checkpointFormatVersion = 1;

/** Where a log keeps the bytes of a block. */
export interface BlockLocation {
  /** The name of the segment in the store. */
  readonly segment: string;
  readonly offset: number;
  readonly length: number;
  readonly checksum: number;
}

/** A block of received records that a recovery may need. */
export interface CheckpointBlock {
  readonly id: string;
  readonly streamUid: string;
  /** 0 where the block came as bytes and nobody has decoded it yet. */
  readonly recordCount: number;
  /** How many bytes came, where the block came as bytes. */
  readonly byteCount?: number;
  /** The number of the receiver start that stored it. */
  readonly receiverStart: number;
  /** Where its records stand in their source: positions `from` to `until`, exclusive. */
  readonly position?: { readonly partition: string; readonly from: number; readonly until: number };
  /** Plain data. */
  readonly metadata?: unknown;
  /** Whether it holds records, or bytes that the receiver makes records of at each read. */
  readonly form: "records" | "bytes";
  /** Where the receiver log holds it; without one, it is gone with the process. */
  readonly location?: BlockLocation;
}

/** A batch that was allocated, and is not cleaned. */
export interface CheckpointBatch {
  readonly batchTimeMs: number;
  /** `completed`: its outputs never run again, but states may be made of it. */
  readonly status: "completed" | "pending";
  readonly streams: readonly { readonly streamUid: string; readonly blockIds: readonly string[] }[];
  /** What the inputs without a receiver chose for it, by the uid of the input; plain data. */
  readonly inputs: Readonly<Record<string, unknown>>;
  /** How many partitions its shuffles and outputs have, by the uid of the operator. */
  readonly partitions: Readonly<Record<string, number>>;
  /** The outputs of it that are done. */
  readonly outputsDone: readonly string[];
  /** The stateful operators, by uid, that went on without its data, as it was given up. */
  readonly leftOutOf: readonly string[];
}

/** What is known of the source of one input. */
export interface CheckpointStream {
  readonly streamUid: string;
  /** How often its receiver was started, in all lives. */
  readonly receiverStart: number;
  /** The next position that is expected of each source partition. */
  readonly positions: readonly { readonly partition: string; readonly next: number }[];
  /** What an input without a receiver has to know of the batches so far; plain data. */
  readonly state?: unknown;
}

/** Where a log stands: its segment (a name in the store), the bytes of it, and the number of its next frame. */
export interface LogPosition {
  readonly segment: string;
  readonly offset: number;
  readonly sequence: number;
}

/** The last segment of a log that counts, and how many of its bytes do: what is behind was never promised to anybody. */
export interface SealedLog {
  readonly segment: string;
  readonly byteCount: number;
}

/** What the program was set to; for people, and to tell what has changed. */
export interface CheckpointConfiguration {
  readonly batchIntervalMs: number;
  readonly defaultParallelism: number;
  /** Plain data. */
  readonly options: Readonly<Record<string, unknown>>;
}

/** The driver's snapshot. */
export interface Checkpoint {
  readonly formatVersion: typeof checkpointFormatVersion;
  /** Made at random at the first start: whose directory this is. */
  readonly applicationId: string;
  readonly applicationName: string;
  /** The number of the driver's life. */
  readonly epoch: number;
  /** Grows from checkpoint to checkpoint of an epoch. */
  readonly number: number;
  readonly writtenAtMs: number;
  readonly graph: GraphDescription;
  readonly configuration: CheckpointConfiguration;
  /** The time before the first batch. */
  readonly zeroTimeMs: number;
  /** The newest batch that was allocated; `zeroTimeMs` before the first. */
  readonly lastAllocatedMs: number;
  /** By time: the pending ones, and the completed ones that a state may yet have to be made of. */
  readonly batches: readonly CheckpointBatch[];
  /** Those of no batch yet, and those of the batches above, in the order of their registration. */
  readonly blocks: readonly CheckpointBlock[];
  readonly streams: readonly CheckpointStream[];
  /** By name; plain data. */
  readonly accumulators: Readonly<Record<string, unknown>>;
  /** What rate estimators know, by the uid of the stream; plain data. */
  readonly rates: Readonly<Record<string, unknown>>;
  /** All that a kept version needs: a delta, and those that it builds on. */
  readonly snapshots: readonly StateSnapshotRef[];
  /** The journal is to be read from here on. */
  readonly journal: LogPosition;
  /** The logs of earlier epochs that something above still stands in. */
  readonly sealedLogs: readonly SealedLog[];
}

/** A checkpoint in the store, and how to know its bytes. */
export interface CheckpointRef {
  readonly name: string;
  /** SHA-256 over its bytes, as 64 hexadecimal digits. */
  readonly sha256: string;
  readonly byteCount: number;
}

/**
 * The first contradiction in a checkpoint, in words; undefined where there is none. A checkpoint that contradicts
 * itself is neither written nor believed.
 */
export function contradictionIn(checkpoint: Checkpoint): string | undefined {
  return (
    twice(
      "stream of the graph",
      checkpoint.graph.streams.map(({ uid }) => uid),
    ) ??
    twice(
      "block",
      checkpoint.blocks.map(({ id }) => id),
    ) ??
    twice(
      "stream",
      checkpoint.streams.map(({ streamUid }) => streamUid),
    ) ??
    twice("snapshot", checkpoint.snapshots.map(versionOf)) ??
    twice(
      "batch",
      checkpoint.batches.map(({ batchTimeMs }) => String(batchTimeMs)),
    ) ??
    missingBlock(checkpoint) ??
    missingBase(checkpoint) ??
    wrongTime(checkpoint) ??
    wrongNumber(checkpoint)
  );
}

function versionOf({ operatorUid, versionMs }: StateSnapshotRef): string {
  return `${operatorUid} at ${versionMs}`;
}

function twice(what: string, names: readonly string[]): string | undefined {
  const seen = new Set<string>();
  for (const name of names) {
    if (seen.has(name)) return `the ${what} ${name} is there twice`;
    seen.add(name);
  }
  return undefined;
}

function missingBlock({ batches, blocks }: Checkpoint): string | undefined {
  const known = new Map(blocks.map(({ id, streamUid }) => [id, streamUid]));
  for (const { batchTimeMs, streams } of batches) {
    for (const { streamUid, blockIds } of streams) {
      const id = blockIds.find((each) => known.get(each) !== streamUid);
      if (id !== undefined) return `the batch ${batchTimeMs} has a block ${id} that is not there`;
    }
  }
  return undefined;
}

function missingBase({ snapshots }: Checkpoint): string | undefined {
  const known = new Set(snapshots.map(versionOf));
  for (const snapshot of snapshots) {
    const { operatorUid, versionMs, baseVersionMs } = snapshot;
    if (baseVersionMs === null) continue;
    const isOlder = baseVersionMs < versionMs;
    if (!isOlder || !known.has(versionOf({ ...snapshot, versionMs: baseVersionMs }))) {
      return `the snapshot ${operatorUid} at ${versionMs} builds on one that is not there`;
    }
  }
  return undefined;
}

function wrongTime({ batches, zeroTimeMs, lastAllocatedMs }: Checkpoint): string | undefined {
  if (lastAllocatedMs < zeroTimeMs) return "the last batch is before the first";
  const wrong = batches.find(
    ({ batchTimeMs }) => batchTimeMs <= zeroTimeMs || batchTimeMs > lastAllocatedMs,
  );
  return wrong && `the batch ${wrong.batchTimeMs} is outside of what was allocated`;
}

/** What the name of the file has no room for. */
function wrongNumber({ epoch, number, lastAllocatedMs }: Checkpoint): string | undefined {
  const isRight = fits(epoch, 10) && fits(number, 15) && fits(lastAllocatedMs, 15);
  return isRight ? undefined : `its numbers are ${epoch}, ${number} and ${lastAllocatedMs}`;
}

function fits(value: number, digits: number): boolean {
  return value >= 0 && value < 10 ** digits;
}
