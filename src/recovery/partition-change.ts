/**
 * Owns: whether a program has other numbers of partitions than what an earlier life left, and whether pending batches can keep
 * theirs. Pure.
 * Does not own: what follows from it (recovery-policy.ts), how a batch keeps them (src/core/dstream/partition-pins.ts).
 */
import type { Checkpoint, CheckpointBatch } from "../checkpoint/index.ts";
import { defaultPin, type GraphDescription, type PartitionFacts } from "../core/index.ts";
import type { PartitionChange } from "./recovery-policy.ts";

/** What is to start, as far as partitions go. */
export interface PartitionedProgram {
  readonly defaultParallelism: number;
  readonly graph: GraphDescription;
  readonly partitions: ReadonlyMap<string, PartitionFacts>;
}

/** The change, and for an error the operator that it is about. */
export interface PartitionVerdict {
  readonly change: PartitionChange;
  readonly details: Readonly<Record<string, unknown>>;
}

/** Compares the numbers of the program with those of the last life, and of each pending batch. */
export function changeOfPartitions(
  checkpoint: Pick<Checkpoint, "configuration" | "graph">,
  program: PartitionedProgram,
  pending: readonly Pick<CheckpointBatch, "batchTimeMs" | "partitions">[],
): PartitionVerdict {
  const noted = pending.filter(({ partitions }) => Object.hasOwn(partitions, defaultPin));
  for (const { batchTimeMs, partitions } of noted) {
    const operator = ownPartitionerOf(program, partitions);
    if (operator !== undefined) {
      return { change: "own partitioner changed", details: { ...operator, batchTimeMs } };
    }
  }
  const isSame =
    areSettingsSame(checkpoint, program) &&
    noted.every(({ partitions }) => areNumbersSame(program, partitions));
  if (isSame) return { change: "same", details: {} };
  const change = noted.length < pending.length ? "changed, not noted" : "changed";
  return { change, details: {} };
}

/** An operator with a partitioner of the program's own, which has another number than the batch was begun with. */
function ownPartitionerOf(
  { partitions }: PartitionedProgram,
  noted: Readonly<Record<string, number>>,
): Readonly<Record<string, unknown>> | undefined {
  for (const [operator, { count, isOwn }] of partitions) {
    const oldCount = noted[operator] ?? 0;
    // Where the program gave none, the batch does without it.
    if (isOwn && oldCount !== 0 && oldCount !== count) return { operator, count, oldCount };
  }
  return undefined;
}

function areNumbersSame(
  { defaultParallelism, partitions }: PartitionedProgram,
  noted: Readonly<Record<string, number>>,
): boolean {
  const now: readonly (readonly [string, number])[] = [
    [defaultPin, defaultParallelism],
    ...[...partitions].map(([operator, { count }]) => [operator, count] as const),
  ];
  // What the program has not had before has nothing to keep.
  return now.every(([operator, count]) => (noted[operator] ?? count) === count);
}

function areSettingsSame(
  { configuration, graph }: Pick<Checkpoint, "configuration" | "graph">,
  program: PartitionedProgram,
): boolean {
  if (configuration.defaultParallelism !== program.defaultParallelism) return false;
  const before = new Map(graph.streams.map(({ state, uid }) => [uid, state?.partitions]));
  return program.graph.streams.every(
    ({ state, uid }) =>
      state === undefined || (before.get(uid) ?? state.partitions) === state.partitions,
  );
}
