/**
 * Owns: what an executor does with the partitions of states that it has, when the driver asks or tells.
 * Does not own: the partitions (src/state), making their updates (the tasks).
 *
 * I1. What concerns one partition is done in the order in which it was asked for.
 */
import { StreamError } from "../../base/index.ts";
import type { HostedState, PartitionSnapshot } from "../../state/index.ts";
import type { StateNotices, StatePlace, StateRequests, StateTally } from "./state-messages.ts";

type Hosted = HostedState<unknown, unknown>;

/** How many pairs of a scan travel together. */
const scanKeysMax = 1024;
const beforeAll = Number.NEGATIVE_INFINITY;

interface OpenSnapshot {
  readonly version: number;
  readonly entries: PartitionSnapshot<unknown, unknown>;
}

/** What is noted of a partition besides what is in it. */
interface Part {
  /** The versions that snapshots were cut at since changes are noted; the first one stands for all that was noted. */
  cuts: readonly number[];
  readonly snapshots: Map<number, OpenSnapshot>;
  /** Resolves when what was asked for before is done; undefined where it is. */
  turn: Promise<unknown> | undefined;
}

/** The partitions of states of one executor. */
export class StateHost {
  readonly #stateOf: (uid: string) => Hosted;
  readonly #parts = new Map<string, Part>();

  /** `stateOf` finds the state of an operator of the program. */
  constructor(stateOf: (uid: string) => Hosted) {
    this.#stateOf = stateOf;
  }

  /** Does what a notice says; where that fails, so does the next request, as the partition is not what it should be. */
  notice<M extends keyof StateNotices>(method: M, value: StateNotices[M]): void {
    const part = this.#part(value);
    const state = this.#stateOf(value.uid);
    // Whatever went wrong with it before, it begins anew.
    if (method === "state.take") part.turn = undefined;
    if (part.turn === undefined) notices[method](state, part, value);
    else void this.#inTurn(part, async () => notices[method](state, part, value)).catch(() => {});
  }

  /** Does what is asked for, and tells how the partition is then. */
  request<M extends "state.apply" | "state.load">(
    method: M,
    value: StateRequests[M],
  ): Promise<StateTally> {
    const part = this.#part(value);
    const state = this.#stateOf(value.uid);
    return this.#inTurn(part, async () => {
      await requests[method](state, value);
      return tallyOf(state, part, value);
    });
  }

  /** Resolves when all that was asked for before of the partition is done: an update begins then. */
  async turnOf(place: StatePlace): Promise<void> {
    await this.#part(place).turn;
  }

  /** Resolves when all that was asked for before is done. */
  async settled(): Promise<void> {
    for (const { turn } of this.#parts.values()) if (turn !== undefined) await turn;
  }

  /** The pairs of a version, in arrays. */
  async *scan({
    partition,
    uid,
    version,
  }: StateRequests["state.scan"]): AsyncGenerator<readonly (readonly [unknown, unknown])[]> {
    await this.turnOf({ uid, partition });
    const scan = this.#stateOf(uid).read(partition, version).scan();
    for (let more = true; more; ) {
      const pairs: [unknown, unknown][] = [];
      more = await scan.next(scanKeysMax, (key, value) => pairs.push([key, value]));
      if (pairs.length > 0) yield pairs;
    }
  }

  /** The entries of a snapshot, in arrays; throws `state_snapshot_gone`. */
  async *entries(value: StateRequests["state.entries"]): AsyncGenerator<readonly unknown[]> {
    const part = this.#part(value);
    await part.turn;
    const { keysMax, snapshot, uid: operator } = value;
    const open = part.snapshots.get(snapshot);
    // The partition has come here from another executor since.
    if (open === undefined) throw new StreamError("state_snapshot_gone", { operator });
    yield* open.entries.slices(keysMax);
  }

  #inTurn<R>(part: Part, work: () => Promise<R>): Promise<R> {
    const done = part.turn === undefined ? work() : part.turn.then(work);
    part.turn = done;
    const settle = () => {
      if (part.turn === done) part.turn = undefined;
    };
    done.then(settle, () => {});
    return done;
  }

  #part({ partition, uid }: StatePlace): Part {
    const name = `${partition} ${uid}`;
    let part = this.#parts.get(name);
    if (part === undefined) {
      part = { cuts: [], snapshots: new Map(), turn: undefined };
      this.#parts.set(name, part);
    }
    return part;
  }
}

const requests: {
  [M in "state.apply" | "state.load"]: (state: Hosted, value: StateRequests[M]) => Promise<void>;
} = {
  "state.apply": (state, { partition, version }) => state.apply(partition, version),
  "state.load": (state, { entries, partition, stateVersion, version: versionMs }) =>
    state.load(partition, { entries, versionMs, stateVersion }),
};

const notices: {
  [M in keyof StateNotices]: (state: Hosted, part: Part, value: StateNotices[M]) => void;
} = {
  "state.take": (state, part, { partition }) => {
    part.cuts = [];
    part.snapshots.clear();
    state.take(partition);
  },
  "state.discard": (state, _, { partition }) => state.discard(partition),
  "state.forget": (state, _, { oldest, partition }) => state.forgetOf(partition, oldest),
  "state.loaded": (state, _, { partition, version }) => state.loaded(partition, version),
  "state.track": (state, part, { on, partition }) => {
    part.cuts = on ? [beforeAll] : [];
    if (on) state.source(partition).trackChanges();
    else state.source(partition).stopTracking();
  },
  "state.cut": (state, part, { partition, version }) => {
    part.cuts = [...part.cuts, version];
    state.source(partition).cut(version);
  },
  "state.snapshot": (state, part, { base, partition, snapshot, version }) => {
    const entries = state.source(partition).snapshot(version, base);
    part.snapshots.set(snapshot, { version, entries });
  },
  "state.confirm": (_, part, { snapshot }) => {
    const open = part.snapshots.get(snapshot);
    if (open === undefined) return;
    open.entries.confirm();
    // Later ones build upon it, or upon newer ones: nobody asks what changed since an older version.
    part.cuts = part.cuts.filter((version) => version >= open.version);
  },
  "state.release": (_, part, { snapshot }) => {
    part.snapshots.get(snapshot)?.entries.release();
    part.snapshots.delete(snapshot);
  },
};

function tallyOf(state: Hosted, { cuts }: Part, { partition }: StatePlace): StateTally {
  const source = state.source(partition);
  return {
    size: source.size,
    changedSince: cuts.map((version) => [version, source.changedSince(version)] as const),
  };
}
