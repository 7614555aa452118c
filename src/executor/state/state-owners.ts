/**
 * Owns: which executor has which partition of which state, and bringing those of a lost executor to others, while all the
 * rest goes on.
 * Does not own: running the tasks of versions again, reading snapshots (its ports); when a version is visible (src/state).
 *
 * I1. Nobody but the one that brings a partition back reaches it before it is at the version that it had.
 * I2. What was told about a partition that is being brought back is dropped: it begins anew on its next executor.
 */
import { AsyncLocalStorage } from "node:async_hooks";
import { invariant } from "../../base/index.ts";
import type { StateElsewhere, StateEntry, StoredSnapshot } from "../../state/index.ts";
import { isLoss } from "../loss.ts";
import { RemotePartition } from "./remote-partition.ts";
import type { StateLink, StatePlace } from "./state-messages.ts";

/** The executors, as states see them. */
export interface StateExecutors {
  /** Those that live. */
  readonly ids: readonly string[];
  /** Resolves when at least one lives. */
  someLive(): Promise<void>;
  /** The way to one of them. What is sent to one that is gone rejects, or is dropped. */
  linkTo(executor: string): StateLink;
}

/** A state whose partitions are with executors, as far as bringing one back needs it. */
export interface SpreadState {
  readonly uid: string;
  /** The newest durable snapshots that make a state, oldest first; none where there is none yet. */
  chain(): Promise<readonly StoredSnapshot[]>;
  partitionOf(key: unknown): number;
  /** See `VersionedState.lost`. */
  lost(partition: number, baseVersionMs: number): readonly number[];
  /** Runs the task of a version for a partition again, on that executor. */
  runAgain(versionMs: number, partition: number, executor: string): Promise<void>;
  /** The next snapshot is a full one. */
  noteChangesAnew(): void;
}

interface Owned {
  readonly place: StatePlace;
  executor: string | undefined;
  moving: Move | undefined;
}

/** A partition on its way to an executor. */
interface Move {
  readonly owned: Owned;
  readonly arrival: Promise<void>;
  arrived(): void;
  /** It is not there and will not be: whoever waits for it hears why. */
  failed(error: unknown): void;
}

/** Tries of bringing partitions back while executors die. */
const triesMax = 32;
const beforeAll = Number.NEGATIVE_INFINITY;

export interface StateOwnersOptions {
  readonly executors: StateExecutors;
  readonly stateOf: (uid: string) => SpreadState;
  /** A partition could not be brought back: the state is of no use. */
  readonly failed: (error: unknown) => void;
}

/** The executors of the partitions of all states. */
export class StateOwners {
  readonly #options: StateOwnersOptions;
  readonly #owned = new Map<string, Owned>();
  readonly #outside = AsyncLocalStorage.snapshot();
  /** Those that are known to be gone, also where the executors have yet to notice; ids are never used again. */
  readonly #gone = new Set<string>();

  constructor(options: StateOwnersOptions) {
    this.#options = options;
  }

  /** What a state has in place of partitions of this process. */
  elsewhere(uidOf: () => string): StateElsewhere {
    return {
      partition: <K, S>(partition: number) => {
        const place = () => ({ uid: uidOf(), partition });
        return new RemotePartition<K, S>(place, this.#linkTo(place));
      },
      isSettled: () => this.#isSettled(uidOf()),
      settled: () => this.#settled(uidOf()),
    };
  }

  /** The executor that has the partition now; undefined while it is on its way, or was never asked for. */
  presentOwnerOf(place: StatePlace): string | undefined {
    return this.#find(place).executor;
  }

  /** The executor that has the partition, once it has it: there its tasks run. */
  async ownerOf(place: StatePlace): Promise<string> {
    const owned = this.#find(place);
    while (owned.moving !== undefined || owned.executor === undefined) {
      if (owned.moving !== undefined) await owned.moving.arrival;
      else this.#give(owned);
    }
    return owned.executor;
  }

  async #settled(uid: string): Promise<void> {
    for (const { moving, place } of this.#owned.values()) {
      if (place.uid === uid) await moving?.arrival;
    }
    if (!this.#isSettled(uid)) return this.#settled(uid);
  }

  #isSettled(uid: string): boolean {
    return [...this.#owned.values()].every(
      (owned) => owned.place.uid !== uid || owned.moving === undefined,
    );
  }

  /** An executor is gone: what it had is brought to others. */
  lost(executor: string): void {
    this.#gone.add(executor);
    const lost = [...this.#owned.values()].filter((owned) => owned.executor === executor);
    for (const [uid, group] of grouped(lost, ({ place }) => place.uid)) {
      const state = this.#options.stateOf(uid);
      const moves = group.map((owned) => {
        state.lost(owned.place.partition, Number.POSITIVE_INFINITY);
        const move = newMove(owned);
        owned.executor = undefined;
        owned.moving = move;
        return move;
      });
      // Whichever job has noticed it: this is not its work, and goes on when it is cancelled.
      this.#outside(() => this.#bringBack(state, moves)).catch((error: unknown) => {
        for (const move of moves) move.failed(error);
        this.#options.failed(error);
      });
    }
  }

  /** Brings partitions to executors, and to other ones where those die meanwhile. */
  async #bringBack(state: SpreadState, moves: readonly Move[]): Promise<void> {
    const { executors } = this.#options;
    let tries = 0;
    for (let left = moves; left.length > 0; left = left.filter(isUnderWay)) {
      // Nothing may come between the last look and the choice.
      while (this.#ids.length === 0) await executors.someLive();
      const chosen = left.map((move) => ({ move, executor: this.#choose(move.owned.place) }));
      try {
        await this.#bring(state, chosen);
      } catch (error) {
        // It may be another one that is gone: one that a task was to read from.
        const isNobodyGone = !isLoss(error) && chosen.every((each) => this.#lives(each.executor));
        if (isNobodyGone || ++tries === triesMax) throw error;
      }
    }
  }

  /** Fills partitions from the snapshots, and makes the versions since. */
  async #bring(state: SpreadState, chosen: readonly Chosen[]): Promise<void> {
    const destinations = new Map<number, Destination>();
    for (const { executor, move } of chosen) {
      const { place } = move.owned;
      const link = this.#options.executors.linkTo(executor);
      link.notify("state.take", place);
      destinations.set(place.partition, { executor, link, move });
    }
    let baseMs = beforeAll;
    for (const stored of await state.chain()) {
      for await (const slice of stored.entries) {
        await loadInto(destinations, slice, stored, state);
      }
      baseMs = stored.versionMs;
    }
    const ended = await Promise.allSettled(
      [...destinations.values()].map((to) => this.#catchUp(state, to, baseMs)),
    );
    for (const end of ended) if (end.status === "rejected") throw end.reason;
  }

  /** Makes the versions after that of the snapshots; then the partition is there. */
  async #catchUp(
    state: SpreadState,
    { executor, link, move }: Destination,
    baseMs: number,
  ): Promise<void> {
    const { owned } = move;
    const { place } = owned;
    if (baseMs !== beforeAll) link.notify("state.loaded", { ...place, version: baseMs });
    let [next] = state.lost(place.partition, baseMs);
    while (next !== undefined) {
      await state.runAgain(next, place.partition, executor);
      await link.request("state.apply", { ...place, version: next });
      [next] = state.lost(place.partition, next);
    }
    if (!this.#lives(executor)) return;
    owned.executor = executor;
    owned.moving = undefined;
    // Before anybody can begin a snapshot: nothing is known of what changed in this partition.
    state.noteChangesAnew();
    move.arrived();
  }

  #linkTo(placeOf: () => StatePlace): StateLink {
    const { executors } = this.#options;
    return {
      request: async (method, value) => {
        for (;;) {
          const executor = await this.ownerOf(placeOf());
          try {
            return await executors.linkTo(executor).request(method, value);
          } catch (error) {
            if (this.#lives(executor) && !isLoss(error)) throw error;
            this.lost(executor);
            // What was loaded before is lost with it, and the caller has the rest only.
            if (method === "state.load") throw error;
          }
        }
      },
      stream: (method, value) => this.#stream(placeOf(), method, value),
      notify: (method, value) => {
        const owned = this.#find(placeOf());
        if (owned.moving !== undefined) return;
        if (owned.executor === undefined) this.#give(owned);
        if (owned.executor !== undefined) executors.linkTo(owned.executor).notify(method, value);
      },
    };
  }

  async *#stream(
    place: StatePlace,
    ...what: Parameters<StateLink["stream"]>
  ): AsyncGenerator<unknown> {
    const executor = await this.ownerOf(place);
    yield* this.#options.executors.linkTo(executor).stream(...what);
  }

  #find(place: StatePlace): Owned {
    const name = `${place.partition} ${place.uid}`;
    let owned = this.#owned.get(name);
    if (owned === undefined) {
      owned = { place, executor: undefined, moving: undefined };
      this.#owned.set(name, owned);
    }
    return owned;
  }

  /** Gives a partition that nobody had to an executor; where none lives it waits for one. */
  #give(owned: Owned): void {
    const { executors } = this.#options;
    if (this.#ids.length === 0) {
      const move = newMove(owned);
      owned.moving = move;
      void executors.someLive().then(() => {
        owned.moving = undefined;
        move.arrived();
      });
      return;
    }
    owned.executor = this.#choose(owned.place);
    executors.linkTo(owned.executor).notify("state.take", owned.place);
  }

  /** The same number of all states goes together, so that what is partitioned alike is computed in one place. */
  #choose({ partition }: StatePlace): string {
    const ids = this.#ids;
    const id = ids[partition % ids.length];
    invariant(id !== undefined, "an executor lives");
    return id;
  }

  get #ids(): readonly string[] {
    return this.#options.executors.ids.filter((id) => !this.#gone.has(id));
  }

  #lives(executor: string): boolean {
    return this.#ids.includes(executor);
  }
}

interface Chosen {
  readonly move: Move;
  readonly executor: string;
}

interface Destination extends Chosen {
  readonly link: StateLink;
}

function newMove(owned: Owned): Move {
  let arrived = (): void => {};
  let failed = (_error: unknown): void => {};
  const arrival = new Promise<void>((resolve, reject) => {
    arrived = resolve;
    failed = reject;
  });
  // The context ends with it, also where nobody waits.
  arrival.catch(() => {});
  return { owned, arrival, arrived, failed };
}

function isUnderWay(move: Move): boolean {
  return move.owned.moving === move;
}

async function loadInto(
  destinations: ReadonlyMap<number, Destination>,
  slice: readonly StateEntry[],
  { stateVersion = 1, versionMs: version }: StoredSnapshot,
  state: SpreadState,
): Promise<void> {
  for (const [partition, entries] of grouped(slice, ({ key }) => state.partitionOf(key))) {
    const to = destinations.get(partition);
    if (to === undefined) continue;
    const { place } = to.move.owned;
    await to.link.request("state.load", { ...place, entries, version, stateVersion });
  }
}

function grouped<T, G>(items: readonly T[], groupOf: (item: T) => G): ReadonlyMap<G, T[]> {
  const groups = new Map<G, T[]>();
  for (const item of items) {
    const group = groups.get(groupOf(item));
    if (group === undefined) groups.set(groupOf(item), [item]);
    else group.push(item);
  }
  return groups;
}
