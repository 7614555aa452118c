import assert from "node:assert/strict";
import { encodeKey, keyGroupOf } from "../../src/codec/index.ts";
import {
  type StateEntry,
  type StateSnapshot,
  type StateUpdate,
  type VersionedState,
  type VersionedStateOptions,
} from "../../src/state/index.ts";
import { SnapshotStore } from "./snapshot-store.ts";

interface Held {
  readonly key: unknown;
  readonly value: object;
  readonly usedAt: number;
}
type Version = ReadonlyMap<string, Held>;

interface UnderWay {
  readonly snapshot: StateSnapshot<unknown>;
  readonly slices: AsyncIterator<readonly StateEntry[]>;
  readonly expected: Version;
  readonly entries: StateEntry[];
  done: boolean;
}

/** A state of the backend under test. */
export type NewState = (options: VersionedStateOptions<object>) => VersionedState<unknown, object>;

export interface Change {
  readonly key: unknown;
  readonly what: "set" | "delete" | "touch";
}

/**
 * Lives through batches, snapshots that become durable or are lost, and restarts with other numbers of partitions, beside
 * a Map that knows what the state holds. After a restart both stand at the newest durable snapshot.
 */
export class SnapshotModel {
  readonly #timeoutMs: number | undefined;
  readonly #newState: NewState;
  readonly #store = new SnapshotStore();
  #partitions: number;
  #state: VersionedState<unknown, object>;
  #now = 0;
  #held: Version = new Map();
  #durable: Version | undefined;
  #underWay: UnderWay | undefined;
  #nextValue = 0;

  constructor(options: {
    partitions: number;
    timeoutMs: number | undefined;
    newState: NewState;
  }) {
    this.#timeoutMs = options.timeoutMs;
    this.#partitions = options.partitions;
    this.#newState = options.newState;
    this.#state = this.#stateOf(options.partitions);
  }

  /** Makes the state ready. */
  async open(): Promise<void> {
    await this.#state.open();
  }

  async close(): Promise<void> {
    await this.#state.close();
  }

  async batch(gap: number, changes: readonly Change[]): Promise<void> {
    this.#now += gap;
    const held = new Map(this.#held);
    const updates = Array.from({ length: this.#partitions }, (_, partition) =>
      this.#state.begin(partition, this.#now),
    );
    for (const { key, what } of changes) {
      const id = encodeKey(key);
      const update = updates[this.#partitionOf(key)];
      assert.ok(update !== undefined);
      if (what === "set") {
        const value = { n: this.#nextValue++ };
        update.set(key, value);
        held.set(id, { key, value, usedAt: this.#now });
      } else if (what === "delete") {
        update.delete(key);
        held.delete(id);
      } else {
        update.touch(key);
        const known = held.get(id);
        if (known !== undefined) held.set(id, { ...known, usedAt: this.#now });
      }
    }
    await this.#removeDue(updates, held);
    for (const update of updates) await this.#state.complete(update);
    this.#held = held;
    await this.#compare();
  }

  begin(): void {
    if (this.#underWay !== undefined) return;
    const snapshot = this.#state.beginSnapshot();
    if (this.#state.visibleVersion === this.#store.newest?.versionMs || this.#now === 0) {
      assert.equal(snapshot, undefined);
      return;
    }
    assert.ok(snapshot !== undefined);
    assert.equal(snapshot.versionMs, this.#now);
    const slices = snapshot.entries(2)[Symbol.asyncIterator]();
    this.#underWay = { snapshot, slices, expected: this.#held, entries: [], done: false };
  }

  async read(sliceCount: number): Promise<void> {
    const underWay = this.#underWay;
    for (let count = 0; underWay !== undefined && count < sliceCount; count += 1) {
      const { done, value } = await underWay.slices.next();
      if (done !== true) underWay.entries.push(...value);
      else underWay.done = true;
    }
  }

  lose(): void {
    this.#underWay?.snapshot.release();
    this.#underWay = undefined;
  }

  async confirm(): Promise<void> {
    const underWay = this.#underWay;
    if (underWay === undefined) return;
    while (!underWay.done) await this.read(1);
    const { snapshot, entries, expected } = underWay;
    const { versionMs, baseVersionMs } = snapshot;
    assert.equal(new Set(entries.map(({ key }) => encodeKey(key))).size, entries.length);
    for (const { group, key } of entries) assert.equal(group, keyGroupOf(key));
    this.#store.add({ versionMs, baseVersionMs, entries });
    snapshot.confirm();
    snapshot.release();
    this.#underWay = undefined;
    this.#durable = expected;
    const contents = [...expected].map(([id, { value, usedAt }]): [string, object] => [
      id,
      { value, usedAtMs: this.#timeoutMs === undefined ? undefined : usedAt },
    ]);
    assert.deepEqual(this.#store.contents(), new Map(contents));
  }

  forget(): void {
    this.#state.forget(this.#now);
  }

  async restart(partitions: number): Promise<void> {
    if (this.#durable === undefined) return;
    this.#partitions = partitions;
    await this.#state.close();
    this.#state = this.#stateOf(partitions);
    this.#underWay = undefined;
    this.#held = this.#durable;
    await this.#state.restore({
      operator: "model",
      chain: this.#store.stream(),
      partitionOf: (key) => this.#partitionOf(key),
    });
    assert.equal(this.#state.visibleVersion, this.#store.newest?.versionMs);
    await this.#compare();
  }

  /** What was lost is part of the next snapshot all the same. */
  async finish(): Promise<void> {
    this.begin();
    await this.confirm();
    await this.restart(4);
  }

  #stateOf(partitions: number): VersionedState<unknown, object> {
    return this.#newState({ partitions, timeoutMs: this.#timeoutMs });
  }

  #partitionOf(key: unknown): number {
    return Math.floor((keyGroupOf(key) * this.#partitions) / 128);
  }

  async #removeDue(
    updates: readonly StateUpdate<unknown, object>[],
    held: Map<string, Held>,
  ): Promise<void> {
    const dueBefore = this.#now - (this.#timeoutMs ?? Infinity);
    const expected = [...held].filter(([, { usedAt }]) => usedAt < dueBefore);
    const actual: string[] = [];
    for (const update of updates) {
      const due = update.due();
      let longestUnused = -Infinity;
      const remove = (key: unknown) => {
        const id = encodeKey(key);
        const usedAt = held.get(id)?.usedAt ?? Number.NaN;
        assert.ok(usedAt >= longestUnused);
        longestUnused = usedAt;
        actual.push(id);
        update.delete(key);
      };
      while (await due.next(2, remove));
    }
    assert.deepEqual(actual.sort(), expected.map(([id]) => id).sort());
    for (const id of actual) held.delete(id);
  }

  async #compare(): Promise<void> {
    const { visibleVersion } = this.#state;
    assert.ok(visibleVersion !== undefined);
    const values = new Map<string, object>();
    for (let partition = 0; partition < this.#partitions; partition += 1) {
      const scan = this.#state.read(partition, visibleVersion).scan();
      while (await scan.next(100, (key, value) => void values.set(encodeKey(key), value)));
    }
    const expected = [...this.#held].map(([id, { value }]): [string, object] => [id, value]);
    assert.deepEqual(values, new Map(expected));
    assert.equal(this.#state.size, this.#held.size);
  }
}
