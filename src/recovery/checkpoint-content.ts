/**
 * Owns: how what the driver knows becomes a checkpoint, and comes back from one. Pure.
 * Does not own: the format (src/checkpoint), when one is written (checkpointer.ts).
 * Invariant: I1 knowledge that went into a checkpoint and came back is the same.
 */
import { invariant } from "../base/index.ts";
import {
  type Checkpoint,
  type CheckpointBatch,
  type CheckpointBlock,
  type CheckpointRef,
  checkpointFormatVersion,
} from "../checkpoint/index.ts";
import { blocksIn, type TrackerState } from "../receiver/index.ts";
import { accumulatorRecords, accumulatorStateIn } from "./accumulator-totals.ts";
import type { BatchProgressState, KnowledgeState } from "./driver-knowledge.ts";

/** What a checkpoint tells of a life beside the knowledge. */
export type LifeFacts = Pick<
  Checkpoint,
  | "applicationId"
  | "applicationName"
  | "configuration"
  | "epoch"
  | "graph"
  | "journal"
  | "number"
  | "rates"
  | "writtenAtMs"
  | "zeroTimeMs"
>;

/**
 * The checkpoint of this knowledge. `inputStates` are what the inputs without a receiver have to know, by uid, as of the
 * batches that the knowledge has.
 */
export function checkpointOf(
  facts: LifeFacts,
  knowledge: KnowledgeState,
  inputStates: Readonly<Record<string, unknown>>,
): Checkpoint {
  const { blocks, progress, snapshots } = knowledge;
  const progressOf = new Map(progress.map((batch) => [batch.batchTimeMs, batch]));
  return {
    ...facts,
    formatVersion: checkpointFormatVersion,
    // Of a grid that has begun anew the last batch of the old one is none.
    lastAllocatedMs: Math.max(blocks.lastAllocatedTimeMs ?? 0, facts.zeroTimeMs),
    batches: blocks.batches.map((batch) => checkpointBatch(batch, progressOf)),
    blocks: [...blocksIn(blocks)],
    streams: [
      ...blocks.streams.map(({ positions, receiverStart, streamUid }) => ({
        streamUid,
        receiverStart,
        positions,
      })),
      ...Object.entries(inputStates).map(([streamUid, state]) => ({
        streamUid,
        receiverStart: 0,
        positions: [],
        state,
      })),
    ],
    accumulators: accumulatorRecords(knowledge.accumulators),
    snapshots,
    // The journal tells itself where the lives before it ended.
    sealedLogs: [],
  };
}

/** What the inputs without a receiver have to know, by uid. */
export function inputStatesOf(checkpoint: Checkpoint): Readonly<Record<string, unknown>> {
  return Object.fromEntries(
    checkpoint.streams.flatMap(({ state, streamUid }) =>
      state === undefined ? [] : [[streamUid, state] as const],
    ),
  );
}

function checkpointBatch(
  { batchTimeMs, inputs, partitions, streams }: TrackerState["batches"][number],
  progressOf: ReadonlyMap<number, BatchProgressState>,
): CheckpointBatch {
  const progress = progressOf.get(batchTimeMs);
  const completed = progress?.completed;
  return {
    batchTimeMs,
    status: completed === undefined ? "pending" : "completed",
    streams: streams.map(({ blocks, streamUid }) => ({
      streamUid,
      blockIds: blocks.map(({ id }) => id),
    })),
    inputs,
    partitions,
    outputsDone: progress?.outputsDone ?? [],
    leftOutOf: completed?.leftOutOf ?? [],
  };
}

/** The knowledge that a checkpoint holds, which is `ref` in the store. */
export function knowledgeOf(checkpoint: Checkpoint, ref: CheckpointRef): KnowledgeState {
  const blocksById = new Map(checkpoint.blocks.map((block) => [block.id, block]));
  const inBatches = new Set(
    checkpoint.batches.flatMap(({ streams }) => streams.flatMap(({ blockIds }) => blockIds)),
  );
  const unallocatedOf = (uid: string) =>
    checkpoint.blocks.filter(({ id, streamUid }) => streamUid === uid && !inBatches.has(id));
  return {
    blocks: {
      streams: checkpoint.streams
        .filter(({ state }) => state === undefined)
        .map(({ positions, receiverStart, streamUid }) => ({
          streamUid,
          receiverStart,
          positions,
          unallocated: unallocatedOf(streamUid),
        })),
      batches: checkpoint.batches.map(({ batchTimeMs, inputs, partitions, streams }) => ({
        batchTimeMs,
        inputs,
        partitions,
        streams: streams.map(({ blockIds, streamUid }) => ({
          streamUid,
          blocks: blockIds.map((id) => blockOf(blocksById, id)),
        })),
      })),
      lastAllocatedTimeMs:
        checkpoint.lastAllocatedMs > checkpoint.zeroTimeMs ? checkpoint.lastAllocatedMs : null,
    },
    progress: checkpoint.batches.map(({ batchTimeMs, leftOutOf, outputsDone, status }) => ({
      batchTimeMs,
      outputsDone,
      completed: status === "completed" ? { leftOutOf } : undefined,
    })),
    snapshots: checkpoint.snapshots,
    checkpoint: ref,
    accumulators: accumulatorStateIn(checkpoint.accumulators),
  };
}

function blockOf(blocks: ReadonlyMap<string, CheckpointBlock>, id: string): CheckpointBlock {
  const block = blocks.get(id);
  invariant(block !== undefined, "a checkpoint was verified when it was read");
  return block;
}
