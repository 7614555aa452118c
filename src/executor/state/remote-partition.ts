/**
 * Owns: one partition of a keyed state that an executor has, as the driver sees it.
 * Does not own: which executor that is (the link), making updates (state-host.ts).
 *
 * I1. What is asked for at once, the number of keys and of changes, is as of the newest version that was applied.
 */
import { invariant } from "../../base/index.ts";
import type {
  PartitionSnapshot,
  StateEntry,
  StatePartition,
  StateReader,
  StateScan,
  StateUpdate,
} from "../../state/index.ts";
import type { StateLink, StatePlace, StateTally } from "./state-messages.ts";

const beforeAll = Number.NEGATIVE_INFINITY;
const nothing: StateTally = { size: 0, changedSince: [] };

export class RemotePartition<K, S> implements StatePartition<K, S> {
  readonly #place: () => StatePlace;
  readonly #link: StateLink;
  #tally = nothing;
  #snapshotCount = 0;

  /** `place` is asked when the partition is first used: uids are final only once the graph is. */
  constructor(place: () => StatePlace, link: StateLink) {
    this.#place = place;
    this.#link = link;
  }

  get size(): number {
    return this.#tally.size;
  }

  begin(): StateUpdate<K, S> {
    invariant(false, "an update is made where its partition is");
  }

  seal(): void {
    invariant(false, "an update is closed where its partition is");
  }

  async apply(version: number): Promise<void> {
    this.#tally = await this.#link.request("state.apply", { ...this.#place(), version });
  }

  discard(): void {
    this.#link.notify("state.discard", this.#place());
  }

  read(version: number): StateReader<K, S> {
    return new RemoteReader(this.#place(), this.#link, version, this.size);
  }

  forget(oldest: number): void {
    this.#link.notify("state.forget", { ...this.#place(), oldest });
  }

  async load(
    entries: readonly StateEntry<K, S>[],
    version: number,
    stateVersion: number,
  ): Promise<void> {
    const value = { ...this.#place(), entries, version, stateVersion };
    this.#tally = await this.#link.request("state.load", value);
  }

  loaded(version: number): void {
    this.#link.notify("state.loaded", { ...this.#place(), version });
  }

  trackChanges(): void {
    this.#tally = { ...this.#tally, changedSince: [[beforeAll, 0]] };
    this.#link.notify("state.track", { ...this.#place(), on: true });
  }

  stopTracking(): void {
    this.#tally = { ...this.#tally, changedSince: [] };
    this.#link.notify("state.track", { ...this.#place(), on: false });
  }

  changedSince(version: number): number {
    return this.#tally.changedSince.find(([versionMs]) => versionMs === version)?.[1] ?? 0;
  }

  cut(version: number): void {
    const { changedSince, size } = this.#tally;
    this.#tally = { size, changedSince: [...changedSince, [version, 0]] };
    this.#link.notify("state.cut", { ...this.#place(), version });
  }

  snapshot(version: number, base: number | undefined): PartitionSnapshot<K, S> {
    const snapshot = { ...this.#place(), snapshot: this.#snapshotCount++ };
    const link = this.#link;
    link.notify("state.snapshot", { ...snapshot, version, base });
    return {
      slices: (keysMax) =>
        link.stream("state.entries", { ...snapshot, keysMax }) as AsyncIterable<StateEntry<K, S>[]>,
      confirm: () => link.notify("state.confirm", snapshot),
      release: () => link.notify("state.release", snapshot),
    };
  }
}

/** Reads a version in passes; single keys are looked up by updates only, where the partition is. */
class RemoteReader<K, S> implements StateReader<K, S> {
  readonly size: number;
  readonly #scan: () => AsyncIterable<unknown>;

  constructor(place: StatePlace, link: StateLink, version: number, size: number) {
    this.size = size;
    this.#scan = () => link.stream("state.scan", { ...place, version });
  }

  get(): S | undefined {
    invariant(false, "a key is looked up where its partition is");
  }

  has(): boolean {
    invariant(false, "a key is looked up where its partition is");
  }

  scan(): StateScan<K, S> {
    const slices = (this.#scan() as AsyncIterable<readonly [K, S][]>)[Symbol.asyncIterator]();
    let slice: readonly [K, S][] = [];
    let at = 0;
    return {
      next: async (keysMax, visit) => {
        if (at === slice.length) {
          const read = await slices.next();
          if (read.done === true) return false;
          slice = read.value;
          at = 0;
        }
        for (const end = Math.min(slice.length, at + keysMax); at < end; at += 1) {
          const entry = slice[at];
          if (entry !== undefined) visit(entry[0], entry[1]);
        }
        return true;
      },
    };
  }
}
