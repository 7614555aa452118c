/**
 * Owns: what a start of this program over what an earlier life left comes to: what is restored, computed again and replayed,
 * or why it is refused. Pure.
 * Does not own: the table of cases (recovery-policy.ts), the comparison of graphs and the choice of bases (src/checkpoint).
 */
import { StreamError } from "../base/index.ts";
import {
  type BasePlan,
  type Checkpoint,
  chooseBases,
  compareGraphs,
  type GraphComparison,
  heldIn,
  type UpgradeAllowances,
} from "../checkpoint/index.ts";
import type { GraphDescription, PartitionFacts } from "../core/index.ts";
import { checkpointOf, inputStatesOf } from "./checkpoint-content.ts";
import { carryingVersions, outputsAfter, restorableVersions } from "./cleaner.ts";
import type { BatchProgressState } from "./driver-knowledge.ts";
import { type LeftBatch, leftBatches } from "./left-batches.ts";
import { type GridMove, gridMove } from "./new-grid.ts";
import type { LeftLife } from "./observe.ts";
import { changeOfPartitions } from "./partition-change.ts";
import { decideProgram, type ProgramLabel } from "./recovery-policy.ts";

/** What is to start. */
export interface Program extends UpgradeAllowances {
  readonly applicationName: string;
  readonly batchIntervalMs: number;
  readonly defaultParallelism: number;
  readonly graph: GraphDescription;
  /** Into how many partitions its operators put their datasets, by uid. */
  readonly partitions: ReadonlyMap<string, PartitionFacts>;
}

/** What a start does with what was left. */
export interface ProgramPlan {
  readonly label: ProgramLabel;
  readonly comparison: GraphComparison;
  readonly bases: BasePlan;
  /** When the stateful operators began that a start added to the program, by uid. */
  readonly begunAfterMs: ReadonlyMap<string, number>;
  readonly batches: readonly LeftBatch[];
  readonly outputsAfterMs: number;
  /** The last batch that was allocated; the zero time before the first. */
  readonly lastMs: number;
  /** Whether the grid of batch times begins anew. */
  readonly isNewGrid: boolean;
  /** Windows that begin empty, as their batches lie on a grid that has ended. */
  readonly emptiedWindows: readonly string[];
}

/** The program that wrote a checkpoint, started again as it was. */
export function sameProgram({ checkpoint }: Pick<LeftLife, "checkpoint">): Program {
  const { applicationName, configuration, graph } = checkpoint;
  const { batchIntervalMs, defaultParallelism } = configuration;
  // Its numbers are those that its batches were begun with.
  return { applicationName, batchIntervalMs, defaultParallelism, graph, partitions: new Map() };
}

/** Plans the start of a program. Throws the error of the case that refuses it. */
export function planProgram(left: LeftLife, program: Program): ProgramPlan {
  const { checkpoint, knowledge } = left;
  const { batchIntervalMs, zeroTimeMs } = { ...checkpoint.configuration, ...checkpoint };
  const known = knowledge.snapshot();
  const lastMs = known.blocks.lastAllocatedTimeMs ?? zeroTimeMs;
  const outputsAfterMs = outputsAfter(known.progress, lastMs, batchIntervalMs);
  const now = checkpointOf(checkpoint, known, inputStatesOf(checkpoint));
  const comparison = compared(now, program, outputsAfterMs);
  const beginning = beginningIn(program.graph, comparison);
  const begunAfterMs = begunBefore(checkpoint, program.graph);
  for (const uid of beginning) begunAfterMs.set(uid, outputsAfterMs);
  const sameInterval = batchIntervalMs === program.batchIntervalMs;
  const { isStopped } = knowledge;
  const move = gridMove(now, program.graph, { lastMs, beginning, isStopped });
  const bases = !sameInterval
    ? move.bases
    : chooseBases({
        graph: program.graph,
        zeroTimeMs,
        versions: restorableVersions(known.snapshots),
        carrying: carryingVersions(known.snapshots, program.graph),
        outputsAfterMs,
        beginning,
        begunAfterMs,
        ...(isSameShape(checkpoint.graph, program.graph)
          ? {}
          : { dataAfterMs: dataAfter(known.progress, lastMs, batchIntervalMs) }),
      });
  const pending = new Set(
    known.progress.flatMap((batch) => (batch.completed === undefined ? [batch.batchTimeMs] : [])),
  );
  const pendingBatches = pending.size;
  const pins = known.blocks.batches.filter(({ batchTimeMs }) => pending.has(batchTimeMs));
  const partitions = changeOfPartitions(checkpoint, program, pins);
  const isUnchanged = comparison.streams.every(({ outcome }) => outcome === "kept");
  const decision = decideProgram({
    sameApplication: checkpoint.applicationName === program.applicationName,
    sameInterval,
    partitions: partitions.change,
    graph:
      comparison.verdict === "refuse"
        ? "refused"
        : isUnchanged && comparison.changedCode.length === 0
          ? "same"
          : "compatible",
    statesSettled: move.unsettled.length === 0,
    windowsCarried: move.stuck.length === 0,
    pendingBatches,
    completedBatches: known.progress.length - pendingBatches,
  });
  if (decision.course === "refuse") {
    // As the cause, since details are cut where they are long.
    const reasons = decision.label === "graph refused" ? comparison.refusals : [];
    throw new StreamError(
      decision.code ?? "upgrade_refused",
      {
        case: decision.label,
        ...detailsOf(decision.label, checkpoint, program, move),
        ...(decision.code === "partitions_changed" ? partitions.details : {}),
      },
      reasons.length === 0 ? {} : { cause: new Error(reasons.join("; ")) },
    );
  }
  return {
    label: decision.label,
    comparison,
    bases,
    begunAfterMs,
    batches: leftBatches(known.progress, bases.recomputeFromMs ?? Number.POSITIVE_INFINITY),
    outputsAfterMs,
    lastMs,
    isNewGrid: !sameInterval,
    emptiedWindows: sameInterval ? [] : move.emptied,
  };
}

/** The comparison, which has to know what would be computed again, which depends on what is kept of the old graph alone. */
function compared(
  checkpoint: Checkpoint,
  { allowDropped, graph, upgrade }: Program,
  outputsAfterMs: number,
): GraphComparison {
  const { recomputed } = chooseBases({
    graph: checkpoint.graph,
    zeroTimeMs: checkpoint.zeroTimeMs,
    versions: restorableVersions(checkpoint.snapshots),
    carrying: carryingVersions(checkpoint.snapshots, checkpoint.graph),
    outputsAfterMs,
    begunAfterMs: begunBefore(checkpoint, checkpoint.graph),
  });
  return compareGraphs(checkpoint.graph, graph, heldIn(checkpoint, recomputed), {
    ...(allowDropped === undefined ? {} : { allowDropped }),
    ...(upgrade === undefined ? {} : { upgrade }),
  });
}

function beginningIn(graph: GraphDescription, comparison: GraphComparison): ReadonlySet<string> {
  const kept = new Set(
    comparison.streams
      .filter(({ outcome, what }) => what === "state" && outcome === "kept")
      .flatMap(({ newUids }) => newUids),
  );
  const stateful = graph.streams.filter(({ state }) => state !== undefined);
  return new Set(stateful.map(({ uid }) => uid).filter((uid) => !kept.has(uid)));
}

function detailsOf(
  label: ProgramLabel,
  { applicationName, configuration }: Checkpoint,
  program: Program,
  { stuck, unsettled }: GridMove,
): Record<string, unknown> {
  const intervals = {
    intervalMs: program.batchIntervalMs,
    oldIntervalMs: configuration.batchIntervalMs,
  };
  switch (label) {
    case "other application":
      return { application: applicationName, appName: program.applicationName };
    case "batch interval changed, batches pending":
      return intervals;
    case "batch interval changed, states behind their batches":
      return { ...intervals, operators: unsettled.join(", ") };
    case "batch interval changed, windows without their batches":
      return { ...intervals, operators: stuck.join(", ") };
    case "partitions changed, batches pending that did not note theirs":
      return {
        defaultParallelism: program.defaultParallelism,
        oldDefaultParallelism: configuration.defaultParallelism,
      };
    default:
      return {};
  }
}

const begunName = "begunAfterMs";

/** How a checkpoint keeps when operators began: among the options of its configuration. */
export function begunOption(
  begunAfterMs: ReadonlyMap<string, number> = new Map(),
): Readonly<Record<string, unknown>> {
  return begunAfterMs.size === 0 ? {} : { [begunName]: Object.fromEntries(begunAfterMs) };
}

/** When the stateful operators of a graph began, those that began with the first batch apart. */
export function begunBefore(
  { configuration }: Checkpoint,
  graph: GraphDescription,
): Map<string, number> {
  const begun = Object.entries((configuration.options[begunName] ?? {}) as Record<string, number>);
  const uids = new Set(graph.streams.map(({ uid }) => uid));
  return new Map(begun.filter(([uid]) => uids.has(uid)));
}

/** The data of batches up to this are gone. */
function dataAfter(
  progress: readonly BatchProgressState[],
  lastMs: number,
  intervalMs: number,
): number {
  const [first] = progress;
  return first === undefined ? lastMs : first.batchTimeMs - intervalMs;
}

/** Whether every stream looks as far back at the same others as before: then what was kept for it is enough. */
function isSameShape(old: GraphDescription, now: GraphDescription): boolean {
  const shapeOf = ({ streams }: GraphDescription) =>
    JSON.stringify(
      streams.map(({ uid, parents, slideMs, spanMs }) => [uid, parents, slideMs, spanMs]),
    );
  return shapeOf(old) === shapeOf(now);
}
