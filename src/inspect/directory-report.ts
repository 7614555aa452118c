/**
 * Owns: what is told of a directory as a whole: whose it is, what the driver knew last, and what a start of the same
 * program would decide and do, by the labelled cases of recovery.
 * Does not own: the decisions (src/recovery), the checkpoints one by one (checkpoint-list.ts).
 */
import { StreamError } from "../base/index.ts";
import type { Checkpoint, CheckpointConfiguration } from "../checkpoint/index.ts";
import type { StreamDescription } from "../core/index.ts";
import {
  type Course,
  type DirectoryLabel,
  type EpochRecord,
  type LeftLife,
  type ProgramLabel,
  planProgram,
  readEpoch,
  sameProgram,
} from "../recovery/index.ts";
import { type InspectedDirectory, type Moment, presentOf } from "./inspected-directory.ts";

/** A directory as a whole. */
export interface DirectoryReport {
  readonly address: string;
  /** The newest life of a driver, and who had it, as its record tells. */
  readonly epoch: number;
  readonly driver: EpochRecord | undefined;
  /** Whether its last word was that it stops. */
  readonly isStopped: boolean;
  /** What a start would find. */
  readonly decision: {
    readonly case: DirectoryLabel;
    readonly course: Course;
    readonly code: string | undefined;
    readonly message: string | undefined;
  };
  /** Undefined where the directory is not fit to be resumed. */
  readonly start: StartReport | undefined;
  /** Undefined where nothing can be told. */
  readonly application: ApplicationReport | undefined;
}

/** What a start of the same program would do. */
export interface StartReport {
  readonly case: ProgramLabel | undefined;
  /** Where even the same program is refused. */
  readonly refusal: string | undefined;
  readonly replayedBatchesMs: readonly number[];
  /** Completed batches that are made again for their states alone. */
  readonly recomputedBatchesMs: readonly number[];
  readonly bases: readonly {
    readonly operator: string;
    readonly label: string;
    readonly versionMs: number;
    readonly hasSnapshot: boolean;
  }[];
}

/** What an application was at a moment. */
export interface ApplicationReport {
  /** `driver`, or the name of the checkpoint. */
  readonly source: string;
  readonly id: string;
  readonly name: string;
  readonly epoch: number;
  readonly configuration: CheckpointConfiguration;
  readonly zeroTimeMs: number;
  readonly lastAllocatedMs: number;
  readonly writtenAtMs: number;
  readonly streams: readonly StreamReport[];
  readonly sources: readonly SourceReport[];
  readonly pendingBatches: readonly BatchReport[];
  readonly completedBatches: number;
  readonly snapshots: readonly SnapshotReport[];
}

export interface StreamReport {
  readonly uid: string;
  readonly role: StreamDescription["role"];
  readonly kind: string;
  readonly isUidGiven: boolean;
  readonly parents: readonly string[];
  readonly slideMs: number;
  readonly isStateful: boolean;
}

export interface SourceReport {
  readonly stream: string;
  readonly receiverStarts: number;
  readonly positions: readonly { readonly partition: string; readonly next: number }[];
  readonly unallocatedBlocks: number;
  readonly unallocatedRecords: number;
  /** What an input without a receiver has to know. */
  readonly state: unknown;
}

export interface BatchReport {
  readonly batchTimeMs: number;
  readonly blocks: number;
  readonly records: number;
  readonly outputsDone: readonly string[];
  readonly outputsLeft: readonly string[];
}

export interface SnapshotReport {
  readonly operator: string;
  readonly versionMs: number;
  readonly baseVersionMs: number | null;
  readonly entries: number;
  readonly bytes: number;
}

/** Reports about a directory; it rejects only where the store cannot be asked. */
export async function reportDirectory(directory: InspectedDirectory): Promise<DirectoryReport> {
  const { decision, left, newestEpoch, refusal } = await directory.observe();
  return {
    address: directory.address,
    epoch: newestEpoch,
    driver: await readEpoch(directory.store, newestEpoch).catch(() => undefined),
    isStopped: decision.label === "graceful stop",
    decision: {
      case: decision.label,
      course: decision.course,
      code: refusal?.code,
      message: refusal?.message,
    },
    start: left && reportStart(left),
    application: left && reportApplication({ source: "driver", checkpoint: presentOf(left) }),
  };
}

function reportStart(left: LeftLife): StartReport {
  try {
    const plan = planProgram(left, sameProgram(left));
    const timesOf = (todo: "outputs" | "states") =>
      plan.batches.filter((batch) => batch.todo === todo).map(({ timeMs }) => timeMs);
    return {
      case: plan.label,
      refusal: undefined,
      replayedBatchesMs: timesOf("outputs"),
      recomputedBatchesMs: timesOf("states"),
      bases: plan.bases.bases.map(({ hasSnapshot, label, operatorUid, versionMs }) => ({
        operator: operatorUid,
        label,
        versionMs,
        hasSnapshot,
      })),
    };
  } catch (error) {
    if (!(error instanceof StreamError)) throw error;
    const nothing = { replayedBatchesMs: [], recomputedBatchesMs: [], bases: [] };
    return { case: undefined, refusal: error.message, ...nothing };
  }
}

/** Reports about an application at a moment. */
export function reportApplication({ checkpoint, source }: Moment): ApplicationReport {
  const { batches, configuration, graph } = checkpoint;
  return {
    source,
    id: checkpoint.applicationId,
    name: checkpoint.applicationName,
    epoch: checkpoint.epoch,
    configuration,
    zeroTimeMs: checkpoint.zeroTimeMs,
    lastAllocatedMs: checkpoint.lastAllocatedMs,
    writtenAtMs: checkpoint.writtenAtMs,
    streams: graph.streams.map(({ isUidGiven, kind, parents, role, slideMs, state, uid }) => {
      return { uid, role, kind, isUidGiven, parents, slideMs, isStateful: state !== undefined };
    }),
    sources: checkpoint.streams.map((stream) => reportSource(checkpoint, stream)),
    pendingBatches: batches
      .filter(({ status }) => status === "pending")
      .map((batch) => reportBatch(checkpoint, batch)),
    completedBatches: batches.filter(({ status }) => status === "completed").length,
    snapshots: checkpoint.snapshots.map((snapshot) => ({
      operator: snapshot.operatorUid,
      versionMs: snapshot.versionMs,
      baseVersionMs: snapshot.baseVersionMs,
      entries: snapshot.entryCount,
      bytes: snapshot.byteCount,
    })),
  };
}

function reportSource(
  { batches, blocks }: Checkpoint,
  { positions, receiverStart, state, streamUid }: Checkpoint["streams"][number],
): SourceReport {
  const allocated = new Set(
    batches.flatMap(({ streams }) => streams.flatMap(({ blockIds }) => blockIds)),
  );
  const waiting = blocks.filter((each) => each.streamUid === streamUid && !allocated.has(each.id));
  return {
    stream: streamUid,
    receiverStarts: receiverStart,
    positions,
    unallocatedBlocks: waiting.length,
    unallocatedRecords: waiting.reduce((sum, { recordCount }) => sum + recordCount, 0),
    state,
  };
}

function reportBatch(
  { blocks, graph }: Checkpoint,
  { batchTimeMs, outputsDone, streams }: Checkpoint["batches"][number],
): BatchReport {
  const ids = new Set(streams.flatMap(({ blockIds }) => blockIds));
  const own = blocks.filter(({ id }) => ids.has(id));
  const outputs = graph.streams.filter(({ role }) => role === "output").map(({ uid }) => uid);
  return {
    batchTimeMs,
    blocks: own.length,
    records: own.reduce((sum, { recordCount }) => sum + recordCount, 0),
    outputsDone,
    outputsLeft: outputs.filter((uid) => !outputsDone.includes(uid)),
  };
}
