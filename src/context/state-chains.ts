/**
 * Owns: the durable snapshots that make the state of an operator, as a state takes them over.
 * Does not own: which of them a start goes on from (src/recovery), their files (src/checkpoint).
 */
import { readStateSnapshot, type StateSnapshotRef } from "../checkpoint/index.ts";
import type { StatefulStream } from "../core/index.ts";
import { chainOf } from "../recovery/index.ts";
import type { StoredSnapshot } from "../state/index.ts";
import type { Store } from "../store/index.ts";

/** The chain to the newest snapshot of an operator, or to that of a version, oldest first; undefined where there is none. */
export function stateChainOf(
  stream: StatefulStream,
  known: { readonly store: Store; readonly snapshots: readonly StateSnapshotRef[] },
  versionMs?: number,
): readonly StoredSnapshot[] | undefined {
  const { snapshots, store } = known;
  const newest = snapshots.findLast(
    (each) =>
      each.operatorUid === stream.uid && (versionMs === undefined || each.versionMs === versionMs),
  );
  const chain = newest && chainOf(snapshots, newest);
  return chain?.map((ref) => ({
    versionMs: ref.versionMs,
    stateVersion: ref.stateVersion,
    codecId: ref.codecId,
    entries: readStateSnapshot(store, ref, stream.stateSchema),
  }));
}
