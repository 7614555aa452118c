/**
 * Owns: the snapshots of one keyed state, one at a time: what each builds upon, which version it
 * holds, and when changes are followed.
 * Does not own: what a partition notes of changes (the StatePartition port); where a snapshot goes
 * and when it is durable (the caller); the rule by which snapshots follow each other
 * (snapshot-chain.ts).
 *
 * I1. A snapshot is a base only once it is confirmed as durable: what changed before one that was
 *     lost is part of the next one.
 * I2. Changes are followed only after the first snapshot was begun, and while fewer keys changed
 *     than would ask for a full one: what is noted is bounded by the size of the state.
 */
import { invariant } from "../base/index.ts";
import {
  asksForFull,
  type ChainLink,
  chainWith,
  changedKeyCount,
  newestOf,
  nextBase,
  type SnapshotBase,
} from "./snapshot-chain.ts";
import { type CustomStateCodec, encodedEntry } from "./state-codec.ts";
import type { PartitionSnapshot, StateEntry, StatePartition } from "./state-partition.ts";

/** A slice of so many keys takes a small part of a millisecond. */
const sliceKeysDefault = 256;

/**
 * One version of a keyed state, to be written away while later versions are applied. End it with
 * `release`, after `confirm` or without.
 */
export interface StateSnapshot<K = unknown> {
  /** The version, a batch time in ms. */
  readonly versionMs: number;
  /** The durable snapshot that this one tells the changes to; null where it is full. */
  readonly baseVersionMs: number | null;
  /**
   * Each key once, with its value (or its bytes, where the state has a codec of its own), or as deleted, in arrays of at most `keysMax` (256 where it is
   * left out), some of them empty. Each array is made in one go: to let the event loop turn in
   * between is the caller's part. Can be asked for again, until `release`.
   */
  entries(keysMax?: number): AsyncIterable<readonly StateEntry<K>[]>;
  /** It is durable, its base too: later ones may build upon it. Call it after all entries were read. */
  confirm(): void;
  /** Lets go of the version; where it was not confirmed, the next snapshot covers its changes as well. */
  release(): void;
}

export class StateSnapshots<K, S> {
  readonly #partitions: readonly StatePartition<K, S>[];
  readonly #codec: CustomStateCodec<S> | undefined;
  #chain: readonly ChainLink[] = [];
  /** Grows whenever what was noted before is dropped. */
  #tracking = 0;
  #isTracking = false;
  #durable: number | undefined;
  /** The last durable one that was taken here. */
  #taken: number | undefined;
  #underWay: OpenSnapshot<K, S> | undefined;

  constructor(partitions: readonly StatePartition<K, S>[], codec?: CustomStateCodec<S>) {
    this.#partitions = partitions;
    this.#codec = codec;
  }

  /** The version that a snapshot reads, and that must stay. */
  get heldVersion(): number {
    return this.#underWay?.versionMs ?? Infinity;
  }

  get durableVersion(): number | undefined {
    return this.#durable;
  }

  /** See `VersionedState.beginSnapshot`. */
  begin(versionMs: number, stateSize: number): StateSnapshot<K> | undefined {
    invariant(this.#underWay === undefined, "a state has one snapshot at a time");
    // Also where nothing may build upon it any more, as what is noted of changes was begun anew.
    if (newestOf(this.#chain) === versionMs || this.#taken === versionMs) return undefined;
    const base = this.#nextBase(stateSize);
    if (base === undefined) this.#track();
    for (const partition of this.#partitions) partition.cut(versionMs);
    const tracking = this.#tracking;
    const snapshot = new OpenSnapshot(
      versionMs,
      base,
      this.#partitions.map((partition) => partition.snapshot(versionMs, base)),
      this.#codec,
      {
        confirmed: (keyCount) => {
          this.#durable = versionMs;
          this.#taken = versionMs;
          if (tracking !== this.#tracking) return false;
          this.#chain = chainWith(this.#chain, base, { versionMs, keyCount });
          return true;
        },
        released: () => {
          this.#underWay = undefined;
        },
      },
    );
    this.#underWay = snapshot;
    return snapshot;
  }

  /** To be called when a version was applied. */
  applied(stateSize: number): void {
    if (!this.#isTracking) return;
    const changedKeys = changedKeyCount(this.#chain, this.#changedCount());
    if (asksForFull(changedKeys, stateSize)) this.#stopTracking();
  }

  /**
   * To be called when a snapshot of a chain was loaded: the state goes on as if it had taken them
   * itself.
   */
  loaded(versionMs: number, isFull: boolean): void {
    this.#durable = versionMs;
    if (isFull) this.#track();
    const keyCount = this.#changedCount();
    const base = isFull ? undefined : newestOf(this.#chain);
    for (const partition of this.#partitions) partition.cut(versionMs);
    this.#chain = chainWith(this.#chain, base, { versionMs, keyCount });
  }

  /** Makes the next snapshot a full one. */
  startAnew(): void {
    this.#stopTracking();
  }

  #nextBase(stateSize: number): SnapshotBase {
    if (!this.#isTracking) return undefined;
    const changedCount = this.#changedCount();
    if (asksForFull(changedKeyCount(this.#chain, changedCount), stateSize)) return undefined;
    return nextBase(this.#chain, changedCount);
  }

  #changedCount(): number {
    const newest = newestOf(this.#chain) ?? -Infinity;
    return this.#partitions.reduce((sum, partition) => sum + partition.changedSince(newest), 0);
  }

  #track(): void {
    this.#chain = [];
    this.#tracking += 1;
    this.#isTracking = true;
    for (const partition of this.#partitions) partition.trackChanges();
  }

  #stopTracking(): void {
    this.#chain = [];
    this.#tracking += 1;
    this.#isTracking = false;
    for (const partition of this.#partitions) partition.stopTracking();
  }
}

interface SnapshotOutcome {
  /** Whether later snapshots may build upon it. */
  confirmed(keyCount: number): boolean;
  released(): void;
}

type Stage = "open" | "read" | "confirmed" | "released";

class OpenSnapshot<K, S> implements StateSnapshot<K> {
  readonly versionMs: number;
  readonly baseVersionMs: number | null;
  readonly #partitions: readonly PartitionSnapshot<K, S>[];
  readonly #codec: CustomStateCodec<S> | undefined;
  readonly #outcome: SnapshotOutcome;
  #stage: Stage = "open";
  #keyCount = 0;

  constructor(
    versionMs: number,
    base: SnapshotBase,
    partitions: readonly PartitionSnapshot<K, S>[],
    codec: CustomStateCodec<S> | undefined,
    outcome: SnapshotOutcome,
  ) {
    this.versionMs = versionMs;
    this.baseVersionMs = base ?? null;
    this.#partitions = partitions;
    this.#codec = codec;
    this.#outcome = outcome;
  }

  async *entries(
    keysMax: number = sliceKeysDefault,
  ): AsyncGenerator<readonly StateEntry<K>[], void, undefined> {
    const codec = this.#codec;
    let keyCount = 0;
    for (const partition of this.#partitions) {
      for await (const slice of partition.slices(keysMax)) {
        invariant(this.#stage !== "released", "a snapshot is read before it is released");
        keyCount += slice.length;
        yield codec === undefined ? slice : slice.map((entry) => encodedEntry(entry, codec));
      }
    }
    this.#keyCount = keyCount;
    if (this.#stage === "open") this.#stage = "read";
  }

  confirm(): void {
    invariant(this.#stage === "read", "a snapshot is confirmed once, after it was read");
    this.#stage = "confirmed";
    if (!this.#outcome.confirmed(this.#keyCount)) return;
    for (const partition of this.#partitions) partition.confirm();
  }

  release(): void {
    if (this.#stage === "released") return;
    this.#stage = "released";
    for (const partition of this.#partitions) partition.release();
    this.#outcome.released();
  }
}
