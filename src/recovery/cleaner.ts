/**
 * Owns: letting go of what no restart can need any more: batches, snapshots, and the files behind them.
 * Does not own: what is needed (src/checkpoint decides it), when a checkpoint is written (checkpointer.ts).
 *
 * Invariants: I1 a batch is forgotten when no state and no window can ask for it, by what is durable now. I2 a file is
 * removed when none of the kept checkpoints, nor what came after them, leads to it; never by a clock. I3 what could not be
 * removed is tried again, and told.
 */
import { StreamError } from "../base/index.ts";
import {
  type BasePlan,
  type Checkpoint,
  checkpointsKept,
  chooseBases,
  type KeptCheckpoint,
  newestCheckpoints,
  readCheckpoint,
  retentionOf,
  type StateSnapshotRef,
} from "../checkpoint/index.ts";
import { windowCodecId } from "../codec/index.ts";
import type { GraphDescription } from "../core/index.ts";
import { segmentsOf } from "../receiver/index.ts";
import { carriedAfterMs } from "../state/index.ts";
import type { Store } from "../store/index.ts";
import type { BatchProgressState, DriverKnowledge } from "./driver-knowledge.ts";

/** The versions that can be restored of each operator: those whose whole chain is there. */
export function restorableVersions(
  snapshots: readonly StateSnapshotRef[],
): ReadonlyMap<string, readonly number[]> {
  const versions = new Map<string, number[]>();
  for (const snapshot of snapshots) {
    if (chainOf(snapshots, snapshot) === undefined) continue;
    const { operatorUid, versionMs } = snapshot;
    versions.set(operatorUid, [...(versions.get(operatorUid) ?? []), versionMs]);
  }
  return versions;
}

/** The versions of windows that carry all that is in them, by the uid of the operator: they ask for no older data. */
export function carryingVersions(
  snapshots: readonly StateSnapshotRef[],
  { streams }: GraphDescription,
): ReadonlyMap<string, ReadonlySet<number>> {
  // A window that is brought forward looks back on what is in it, and on what leaves it: one slide more.
  const spans = new Map(
    streams.flatMap(({ slideMs, spanMs, state, uid }) =>
      state === undefined ? [] : [[uid, spanMs - slideMs] as const],
    ),
  );
  const carrying = new Map<string, Set<number>>();
  for (const snapshot of snapshots) {
    const { codecId, operatorUid, versionMs } = snapshot;
    const windowMs = spans.get(operatorUid);
    const chain = codecId === windowCodecId ? chainOf(snapshots, snapshot) : undefined;
    if (windowMs === undefined || chain === undefined) continue;
    if (carriedAfterMs(chain) > versionMs - windowMs) continue;
    carrying.set(operatorUid, (carrying.get(operatorUid) ?? new Set()).add(versionMs));
  }
  return carrying;
}

/** A snapshot with all that it builds upon, the whole one first; undefined where one of them is not there. */
export function chainOf(
  snapshots: readonly StateSnapshotRef[],
  snapshot: StateSnapshotRef,
): readonly StateSnapshotRef[] | undefined {
  const chain = [snapshot];
  for (let link = snapshot; link.baseVersionMs !== null; ) {
    const { baseVersionMs, operatorUid } = link;
    const base = snapshots.findLast(
      (each) => each.operatorUid === operatorUid && each.versionMs === baseVersionMs,
    );
    if (base === undefined) return undefined;
    chain.unshift(base);
    link = base;
  }
  return chain;
}

/** Outputs run for all batches after this. */
export function outputsAfter(
  progress: readonly BatchProgressState[],
  lastAllocatedMs: number,
  intervalMs: number,
): number {
  const pending = progress.find(({ completed }) => completed === undefined);
  return pending === undefined ? lastAllocatedMs : pending.batchTimeMs - intervalMs;
}

/** How far a log has come: what it writes from now on is in this segment or a later one. */
export interface BlockLogEnd {
  /** Its segments' names without the number. */
  readonly log: string;
  readonly segment: number;
}

export interface CleanerOptions {
  readonly store: Store;
  /** Where the logs are listed and removed. */
  readonly logs: Store;
  readonly epoch: number;
  readonly knowledge: DriverKnowledge;
  readonly graph: GraphDescription;
  readonly batchIntervalMs: number;
  readonly zeroTimeMs: number;
  /** See `BaseFacts`. */
  readonly begunAfterMs: ReadonlyMap<string, number>;
  /** Forgets the batches before a time, for good. */
  readonly forgetBatches: (beforeMs: number) => Promise<void>;
  /** Names that are being written. */
  readonly namesUnderWay: () => Iterable<string>;
  /** The segments of receiver logs that are being written in this epoch, by the driver and by executors. */
  readonly openBlockLogs: () => Iterable<BlockLogEnd>;
  readonly assertLeading: () => Promise<void>;
}

const sweptPrefixes = ["blocks/", "checkpoints/", "journal-mirror/", "journal/", "state/"];

/** Cleans up in one life. */
export class Cleaner {
  readonly #options: CleanerOptions;
  #kept: readonly KeptCheckpoint[] = [];
  /** Checkpoints that cannot be read: they lead nowhere, and stay as evidence. */
  readonly #unreadable = new Set<string>();
  #forgottenBeforeMs = Number.NEGATIVE_INFINITY;
  /** As of the sweep before, by log: what was durable then is known by now. */
  #openSegments: ReadonlyMap<string, number> = new Map();
  #sweeping: Promise<void> | undefined;

  constructor(options: CleanerOptions) {
    this.#options = options;
  }

  /** What a restart would restore and compute, were it now. */
  plan(): BasePlan {
    const { batchIntervalMs, begunAfterMs, graph, knowledge, zeroTimeMs } = this.#options;
    const lastMs = knowledge.blocks.lastAllocatedTimeMs ?? zeroTimeMs;
    return chooseBases({
      graph,
      zeroTimeMs,
      begunAfterMs,
      versions: restorableVersions(knowledge.snapshots),
      carrying: carryingVersions(knowledge.snapshots, graph),
      outputsAfterMs: outputsAfter(knowledge.progress, lastMs, batchIntervalMs),
    });
  }

  /** Forgets the batches and snapshots that no restart would need. */
  async forget(): Promise<void> {
    const { forgetBatches, knowledge } = this.#options;
    const plan = this.plan();
    knowledge.dropSnapshots(neededSnapshots(knowledge.snapshots, plan));
    const beforeMs = Math.min(...plan.inputsAfterMs.values()) + 1;
    if (!Number.isFinite(beforeMs) || beforeMs <= this.#forgottenBeforeMs) return;
    this.#forgottenBeforeMs = beforeMs;
    await forgetBatches(beforeMs);
  }

  /** Takes a checkpoint among the kept ones, and removes what only older ones led to. */
  async checkpointWritten(name: string, checkpoint: Checkpoint, sweep: boolean): Promise<void> {
    this.#kept = [{ name, checkpoint }, ...this.#kept].slice(0, checkpointsKept);
    if (!sweep) return;
    await this.#sweeping;
    this.#sweeping = this.#sweep().finally(() => {
      this.#sweeping = undefined;
    });
    await this.#sweeping;
  }

  async #sweep(): Promise<void> {
    const { assertLeading, epoch, knowledge, logs, namesUnderWay, openBlockLogs, store } =
      this.#options;
    const names: string[] = [];
    for (const prefix of sweptPrefixes) {
      for await (const { name } of store.list(prefix)) names.push(name);
    }
    await this.#keepEarlier(names);
    // What was durable at the sweep before is known by now; of later segments somebody may be about to tell.
    const ends = [...openBlockLogs()];
    const openLogs = ends.map(({ log }) => ({
      log,
      firstSegment: this.#openSegments.get(log) ?? 0,
    }));
    this.#openSegments = new Map(ends.map(({ log, segment }) => [log, segment]));
    const inUse = new Set([
      ...namesUnderWay(),
      ...this.#unreadable,
      ...knowledge.snapshots.map((snapshot) => snapshot.name),
      ...segmentsOf(knowledge.blocks.snapshot()),
    ]);
    const { garbage } = retentionOf(names, { epoch, kept: this.#kept, inUse, openLogs });
    if (garbage.length === 0) return;
    await assertLeading();
    for (const name of garbage) await logs.delete(name);
  }

  /** The newest checkpoints of an earlier life stay, until this one has as many. */
  async #keepEarlier(names: readonly string[]): Promise<void> {
    const { store } = this.#options;
    for (const name of newestCheckpoints(names)) {
      if (this.#kept.length >= checkpointsKept) return;
      if (this.#unreadable.has(name) || this.#kept.some((each) => each.name === name)) continue;
      try {
        this.#kept = [...this.#kept, { name, checkpoint: await readCheckpoint(store, name) }];
      } catch (error) {
        if (!(error instanceof StreamError) || error.kind === "unavailable") throw error;
        this.#unreadable.add(name);
      }
    }
  }
}

/** Whether a snapshot is newer than the base of its operator, or is built upon by one that is not older. */
function neededSnapshots(
  snapshots: readonly StateSnapshotRef[],
  { bases }: BasePlan,
): (snapshot: StateSnapshotRef) => boolean {
  const needed = new Set<StateSnapshotRef>();
  for (const { hasSnapshot, operatorUid, versionMs } of bases) {
    for (const snapshot of snapshots) {
      if (snapshot.operatorUid !== operatorUid) continue;
      if (hasSnapshot && snapshot.versionMs < versionMs) continue;
      for (const link of chainOf(snapshots, snapshot) ?? []) needed.add(link);
    }
  }
  return (snapshot) => needed.has(snapshot);
}
