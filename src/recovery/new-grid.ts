/**
 * Owns: what becomes of states and windows when the batch interval changes, so that the grid of batch times begins anew.
 * Pure.
 * Does not own: whether it may (recovery-policy.ts), the new grid itself (src/context).
 *
 * On a new grid no batch of the old one can be made again: a state goes on from its newest snapshot, which has to have all of
 * its batches, and a window that is brought forward from the batches which its snapshot carries. What any other window looked
 * back on is gone.
 */
import type { BasePlan, Checkpoint, OperatorBase } from "../checkpoint/index.ts";
import { windowCodecId } from "../codec/index.ts";
import { type GraphDescription, nextOnGrid } from "../core/index.ts";
import { carryingVersions, restorableVersions } from "./cleaner.ts";

/** What stands in the way of a new grid, and what is lost by it. */
export interface GridMove {
  readonly bases: BasePlan;
  /** Stateful operators that have yet to take batches, or of which no snapshot has them. */
  readonly unsettled: readonly string[];
  /** Windows that are brought forward, and whose snapshots do not carry what is in them. */
  readonly stuck: readonly string[];
  /** Windows that begin empty. */
  readonly emptied: readonly string[];
}

/** What a program needs to go on, on a grid of its own, behind the batches up to `lastMs`. */
export function gridMove(
  left: Pick<Checkpoint, "graph" | "snapshots" | "zeroTimeMs">,
  graph: GraphDescription,
  facts: {
    readonly lastMs: number;
    readonly beginning: ReadonlySet<string>;
    /** Whether the last driver stopped by itself, and so took a snapshot of every state there was. */
    readonly isStopped: boolean;
  },
): GridMove {
  const versions = restorableVersions(left.snapshots);
  const carrying = carryingVersions(left.snapshots, left.graph);
  const oldSlides = new Map(left.graph.streams.map(({ slideMs, uid }) => [uid, slideMs]));
  const bases: OperatorBase[] = [];
  const unsettled: string[] = [];
  const stuck: string[] = [];
  for (const { state, uid } of graph.streams) {
    if (state === undefined) continue;
    const newestMs = Math.max(...(versions.get(uid) ?? []));
    const isNew = facts.beginning.has(uid) || newestMs === Number.NEGATIVE_INFINITY;
    bases.push({
      operatorUid: uid,
      label: isNew ? "begins" : "newest",
      versionMs: isNew ? facts.lastMs : newestMs,
      hasSnapshot: !isNew,
      neededAfterMs: facts.lastMs,
    });
    if (facts.beginning.has(uid)) continue;
    const slideMs = oldSlides.get(uid) ?? 1;
    // One that slides takes what came since only when its slide ends, and on this grid it never will.
    const lastDueMs = nextOnGrid(facts.lastMs, slideMs, left.zeroTimeMs) - slideMs;
    const isBehind = Math.max(newestMs, left.zeroTimeMs) < lastDueMs && !facts.isStopped;
    if (isBehind || lastDueMs < facts.lastMs) unsettled.push(uid);
    const carries = carrying.get(uid)?.has(newestMs) === true;
    if (!isNew && state.codecId === windowCodecId && !carries) stuck.push(uid);
  }
  const looksBack = graph.streams.filter(({ slideMs, spanMs, state }) => {
    return state === undefined && spanMs > slideMs;
  });
  const inputs = graph.streams.filter(({ role }) => role === "input");
  return {
    bases: {
      bases,
      inputsAfterMs: new Map(inputs.map(({ uid }) => [uid, facts.lastMs])),
      recomputed: new Set(),
      recomputeFromMs: undefined,
      missing: [],
    },
    unsettled,
    stuck,
    emptied: looksBack.map(({ uid }) => uid),
  };
}
