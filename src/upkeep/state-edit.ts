/**
 * Owns: changing one key of a state: which snapshot a start would restore, the same with the key changed, and what follows.
 * Does not own: the life in which it happens (maintenance.ts).
 *
 * I1. All other keys stay as they are, with their times of use.
 */
import { StreamError } from "../base/index.ts";
import {
  readStateSchema,
  type StateEntry,
  type StateSnapshotRef,
  stateSnapshotName,
  writeStateSnapshot,
} from "../checkpoint/index.ts";
import { encodeKey, keyGroupOf, windowCodecId } from "../codec/index.ts";
import { newestSnapshot, presentOf, scanChain, toJson, wholeChain } from "../inspect/index.ts";
import { type DriverLife, type LeftLife, planProgram, sameProgram } from "../recovery/index.ts";
import type { AuditedChange, Maintenance, MaintenanceReport } from "./maintenance.ts";

/** A key and its new value; undefined removes it. */
export interface StateEdit {
  readonly operator: string;
  readonly key: unknown;
  readonly value: unknown;
}

/** What an edit would do. */
export interface StateEditPlan {
  readonly edit: StateEdit;
  /** The batch whose state is changed: what a start would restore. */
  readonly versionMs: number;
  readonly before: unknown;
  /** Batches that a start computes on top of that, and that may change the key again. */
  readonly batchesOnTop: number;
}

/**
 * Plans an edit. Throws the refusal of the directory, `operator_unknown`, `state_key_missing` for a key that is to be removed
 * and is not there, `state_not_editable`.
 */
export async function planStateEdit(
  maintenance: Maintenance,
  edit: StateEdit,
): Promise<StateEditPlan> {
  const { left, refusal } = maintenance.observation;
  if (refusal !== undefined) throw refusal;
  if (left === undefined) {
    const reason = "the driver died before its first checkpoint, so there is no state yet";
    throw new StreamError("state_not_editable", { operator: edit.operator, reason });
  }
  const { batches, snapshot } = baseOf(left, edit.operator);
  const { store } = maintenance.medium;
  const wanted = encodeKey(edit.key);
  let before: unknown;
  const chain = wholeChain(left.knowledge.snapshots, snapshot);
  for await (const slice of scanChain(store, chain)) {
    before ??= slice.find(({ key }) => encodeKey(key) === wanted)?.value;
  }
  if (before === undefined && edit.value === undefined) {
    throw new StreamError("state_key_missing", { operator: edit.operator, key: toJson(edit.key) });
  }
  return { edit, versionMs: snapshot.versionMs, before, batchesOnTop: batches };
}

/** The snapshot that a start of the same program restores, and how many batches it computes on top. */
function baseOf(
  left: LeftLife,
  operator: string,
): { readonly snapshot: StateSnapshotRef; readonly batches: number } {
  newestSnapshot(presentOf(left), operator);
  const { bases, batches } = planProgram(left, sameProgram(left));
  const base = bases.bases.find(({ operatorUid }) => operatorUid === operator);
  const snapshot = left.knowledge.snapshots.findLast(
    (each) => each.operatorUid === operator && each.versionMs === base?.versionMs,
  );
  if (base?.hasSnapshot !== true || snapshot === undefined) {
    const reason = "it has no snapshot yet: a start makes it of all batches since it began";
    throw new StreamError("state_not_editable", { operator, reason });
  }
  if (snapshot.codecId === windowCodecId) {
    const reason = "the totals of a window are those of its batches, and would not be any more";
    throw new StreamError("state_not_editable", { operator, reason });
  }
  const later = batches.filter(({ timeMs }) => timeMs > snapshot.versionMs);
  return { snapshot, batches: later.length };
}

/** Carries an edit out. Throws `value_schema_mismatch` for a value that the state's schema does not allow. */
export function applyStateEdit(
  maintenance: Maintenance,
  { before, edit }: StateEditPlan,
): Promise<MaintenanceReport> {
  return maintenance.apply(async (life, left): Promise<AuditedChange> => {
    await writeEdited(maintenance, life, left, edit);
    const { key, operator, value } = edit;
    return {
      action: value === undefined ? "state rm" : "state set",
      details: { operator, key: toJson(key), before: toJson(before), after: toJson(value) },
    };
  });
}

async function writeEdited(
  { medium: { store } }: Maintenance,
  life: DriverLife,
  left: LeftLife,
  edit: StateEdit,
): Promise<void> {
  const { operator } = edit;
  const { snapshot } = baseOf(left, operator);
  const { codecId, stateVersion, versionMs } = snapshot;
  const name = stateSnapshotName({ operatorUid: operator, versionMs, epoch: life.epoch });
  const chain = wholeChain(left.knowledge.snapshots, snapshot);
  const schema = await readStateSchema(store, snapshot);
  const header = { operatorUid: operator, versionMs, baseVersionMs: null, stateVersion };
  const entries = edited(scanChain(store, chain), edit, versionMs);
  const written = await writeStateSnapshot(store, name, header, entries, schema, codecId);
  // Newer ones would be preferred, and older ones nobody needs; the older checkpoints keep theirs.
  life.knowledge.dropSnapshots(({ operatorUid }) => operatorUid !== operator);
  life.knowledge.apply({ kind: "snapshot_written", snapshot: written });
}

async function* edited(
  slices: AsyncIterable<readonly StateEntry[]>,
  { key, value }: StateEdit,
  versionMs: number,
): AsyncGenerator<readonly StateEntry[], void, undefined> {
  const wanted = encodeKey(key);
  let hasTimes = false;
  for await (const slice of slices) {
    hasTimes ||= slice.some(({ usedAtMs }) => usedAtMs !== undefined);
    yield slice.filter((entry) => encodeKey(entry.key) !== wanted);
  }
  if (value === undefined) return;
  // It counts as used by the batch whose state it is in.
  yield [{ group: keyGroupOf(key), key, value, ...(hasTimes ? { usedAtMs: versionMs } : {}) }];
}
