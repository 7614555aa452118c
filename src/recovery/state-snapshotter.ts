/**
 * Owns: when the states of the stateful operators are snapshotted, beside the running batches, and what becomes of a failed
 * snapshot.
 * Does not own: what is in a snapshot (src/state), its file (src/checkpoint), which ones are still needed (cleaner.ts).
 *
 * Invariants: I1 a snapshot counts, for the next one and for a restart, once the journal tells of it. I2 an operator has one
 * snapshot under way at a time. I3 a failed one is told and changes nothing: the next covers its changes.
 */
import { type Clock, StreamError } from "../base/index.ts";
import { stateSnapshotName, writeStateSnapshot } from "../checkpoint/index.ts";
import { Pacer, type StatefulStream } from "../core/index.ts";
import type { StateEntry, StateSnapshot } from "../state/index.ts";
import type { Store } from "../store/index.ts";
import type { Journal } from "./journal.ts";

/** A state snapshot on its way. */
export interface SnapshotInfo {
  readonly operatorUid: string;
  /** The batch time whose state it holds, in ms since the epoch. */
  readonly versionTime: number;
  /** The version that it is a delta against; undefined where it is whole. */
  readonly baseTime: number | undefined;
}

/** A state snapshot that is durable. */
export interface SnapshotCompleted extends SnapshotInfo {
  readonly entryCount: number;
  readonly byteCount: number;
  /** How long it took, in ms. */
  readonly duration: number;
}

export interface StateSnapshotterOptions {
  readonly store: Store;
  readonly clock: Clock;
  readonly epoch: number;
  readonly journal: Pick<Journal, "append">;
  readonly operators: readonly StatefulStream[];
  readonly zeroTimeMs: number;
  /** The newest version of each operator that is durable already, by uid. */
  readonly newestVersions: ReadonlyMap<string, number>;
  readonly started: (info: SnapshotInfo) => void;
  readonly completed: (info: SnapshotCompleted) => void;
  readonly failed: (error: unknown) => void;
}

/** Tries of the last snapshot of a state whose executors die. */
const lastTriesMax = 8;
const lossCodes = new Set(["executor_lost", "channel_closed", "state_snapshot_gone"]);

function isLoss(error: unknown): boolean {
  return error instanceof StreamError && lossCodes.has(error.code);
}

/** Takes the state snapshots of one life. */
export class StateSnapshotter {
  readonly #options: StateSnapshotterOptions;
  readonly #newest: Map<string, number>;
  readonly #underWay = new Map<StatefulStream, Promise<boolean>>();
  /** Names that nobody refers to yet, or of which nobody knows it. */
  readonly names: Set<string> = new Set();
  /** Of these the last snapshot failed as an executor was gone. */
  readonly #lostPart = new Set<StatefulStream>();
  readonly #abort = new AbortController();

  constructor(options: StateSnapshotterOptions) {
    this.#options = options;
    this.#newest = new Map(options.newestVersions);
  }

  /** Begins the snapshots that are due after that batch. */
  batchCompleted(timeMs: number): void {
    for (const operator of this.#options.operators) {
      if (this.#isDue(operator, timeMs) && !this.#underWay.has(operator))
        void this.#begin(operator, timeMs);
    }
  }

  /** Takes a snapshot of every state as it stands; whether all came about. Never rejects. */
  async takeAll(): Promise<boolean> {
    await this.settle();
    const taken = await Promise.all(this.#options.operators.map((each) => this.#takeLast(each)));
    return taken.every((isTaken) => isTaken);
  }

  /** No later one covers its changes: where an executor that had some of the state is gone it is taken once more. */
  async #takeLast(operator: StatefulStream): Promise<boolean> {
    for (let tries = 1; ; tries++) {
      try {
        await operator.settled();
      } catch (error) {
        this.#options.failed(error);
        return false;
      }
      const isTaken = await this.#begin(operator);
      if (isTaken || !this.#lostPart.delete(operator) || tries === lastTriesMax) return isTaken;
    }
  }

  /** Resolves when none is under way. */
  async settle(): Promise<void> {
    while (this.#underWay.size > 0) await Promise.all(this.#underWay.values());
  }

  /** Gives up what is under way. */
  destroy(reason: unknown): void {
    this.#abort.abort(reason);
  }

  /** Once per interval of the grid, also where the batch that it falls on was never made. */
  #isDue({ snapshotIntervalMs, uid }: StatefulStream, timeMs: number): boolean {
    const { zeroTimeMs } = this.#options;
    const intervalOf = (versionMs: number) =>
      Math.floor((versionMs - zeroTimeMs) / snapshotIntervalMs);
    return intervalOf(timeMs) > intervalOf(this.#newest.get(uid) ?? zeroTimeMs);
  }

  #begin(operator: StatefulStream, completedMs?: number): Promise<boolean> {
    const taking = this.#take(operator, completedMs).finally(() => this.#underWay.delete(operator));
    this.#underWay.set(operator, taking);
    return taking;
  }

  async #take(operator: StatefulStream, completedMs?: number): Promise<boolean> {
    // One turn later, so that whoever begins it finds it under way.
    await Promise.resolve();
    let snapshot: StateSnapshot | undefined;
    try {
      snapshot = operator.beginSnapshot(completedMs);
      if (snapshot !== undefined) await this.#write(operator, snapshot);
      return true;
    } catch (error) {
      if (isLoss(error)) this.#lostPart.add(operator);
      if (!this.#abort.signal.aborted) this.#options.failed(error);
      return false;
    } finally {
      snapshot?.release();
    }
  }

  async #write(operator: StatefulStream, snapshot: StateSnapshot): Promise<void> {
    const { clock, completed, epoch, journal, started, store } = this.#options;
    const { baseVersionMs, versionMs } = snapshot;
    const { stateCodecId, stateSchema, stateVersion, uid: operatorUid } = operator;
    const beganMs = clock.monotonicNow();
    const info = { operatorUid, versionTime: versionMs, baseTime: baseVersionMs ?? undefined };
    const name = stateSnapshotName({ operatorUid, versionMs, epoch });
    // It stays under way until the journal tells of it. Where the journal fails nobody knows whether it does: the next life
    // may find the event, and needs the file.
    this.names.add(name);
    started(info);
    const header = { operatorUid, versionMs, baseVersionMs, stateVersion };
    const entries = this.#paced(snapshot.entries());
    const ref = await writeStateSnapshot(store, name, header, entries, stateSchema, stateCodecId);
    await journal.append({ kind: "snapshot_written", snapshot: ref });
    this.#settled(name);
    snapshot.confirm();
    this.#newest.set(operatorUid, versionMs);
    const { byteCount, entryCount } = ref;
    completed({ ...info, byteCount, entryCount, duration: clock.monotonicNow() - beganMs });
  }

  /** The journal works, so it was not what failed for the earlier names of the operator: nothing leads to them. */
  #settled(name: string): void {
    const folder = name.slice(0, name.lastIndexOf("/") + 1);
    for (const each of this.names) if (each.startsWith(folder)) this.names.delete(each);
  }

  /** Lets batches and receivers have their turn between slices. */
  async *#paced(
    slices: AsyncIterable<readonly StateEntry[]>,
  ): AsyncGenerator<readonly StateEntry[], void, undefined> {
    const pacer = new Pacer(this.#options.clock, this.#abort.signal);
    for await (const slice of slices) {
      yield slice;
      if (pacer.sliceIsOver()) await pacer.pause();
    }
  }
}
