import { describe, expect, test } from "vitest";
import { keyGroupOf } from "../../../src/codec/index.ts";
import { type StateEntry, VersionedState } from "../../../src/state/index.ts";
import type { StatePartition } from "../../../src/state/state-partition.ts";
import { StateSnapshots } from "../../../src/state/state-snapshots.ts";
import { SnapshotStore, slicesOf } from "../../conformance/snapshot-store.ts";

const keysFrom = (from: number, count: number) => Array.from({ length: count }, (_, i) => from + i);

function batch(state: VersionedState<number, string>, versionMs: number, keys: readonly number[]) {
  const update = state.begin(0, versionMs);
  for (const key of keys) update.set(key, `${versionMs}`);
  void state.complete(update);
  state.forget(versionMs);
}

function stateOf(keyCount: number): VersionedState<number, string> {
  const state = new VersionedState<number, string>({ partitions: 1 });
  batch(state, 1, keysFrom(0, keyCount));
  return state;
}

describe("a snapshot of a state", () => {
  test("is none before the first version, and none of a version that has one", async () => {
    const state = new VersionedState<number, string>({ partitions: 1 });
    expect(state.beginSnapshot()).toBeUndefined();
    batch(state, 1, [1]);
    const store = new SnapshotStore();
    await store.take(state.beginSnapshot()!);
    expect(state.beginSnapshot()).toBeUndefined();
  });

  test("tells every key with its group the first time, then what changed, what was deleted too", async () => {
    const state = stateOf(10);
    const store = new SnapshotStore();
    const full = await store.take(state.beginSnapshot()!);
    expect(full.baseVersionMs).toBeNull();
    expect(full.entries).toEqual(
      keysFrom(0, 10).map((key) => ({
        group: keyGroupOf(key),
        key,
        value: "1",
        usedAtMs: undefined,
      })),
    );
    const update = state.begin(0, 2);
    update.set(3, "new");
    update.delete(4);
    void state.complete(update);
    const delta = await store.take(state.beginSnapshot()!);
    expect(delta).toEqual({
      versionMs: 2,
      baseVersionMs: 1,
      entries: [
        { group: keyGroupOf(3), key: 3, value: "new", usedAtMs: undefined },
        { group: keyGroupOf(4), key: 4, value: undefined, usedAtMs: undefined },
      ],
    });
  });

  test("shows its version while later ones are applied and forgotten, until it is released", async () => {
    const state = stateOf(10);
    const snapshot = state.beginSnapshot()!;
    const slices = snapshot.entries(4)[Symbol.asyncIterator]();
    const entries: StateEntry[] = [];
    for (let version = 2; version < 5; version += 1) {
      const { value } = await slices.next();
      entries.push(...value);
      batch(state, version, keysFrom(0, 20));
    }
    expect(entries.map(({ key, value }) => [key, value])).toEqual(
      keysFrom(0, 10).map((key) => [key, "1"]),
    );
    expect(state.read(0, 1).size).toBe(10);
    snapshot.release();
    state.forget(4);
    expect(() => state.read(0, 1)).toThrow(/invariant/);
  });

  test("is read before it is confirmed, and confirmed before it is released", async () => {
    const state = stateOf(3);
    const snapshot = state.beginSnapshot()!;
    expect(() => snapshot.confirm()).toThrow(/invariant/);
    for await (const _ of snapshot.entries());
    snapshot.release();
    expect(() => snapshot.confirm()).toThrow(/invariant/);
    await expect(snapshot.entries()[Symbol.asyncIterator]().next()).rejects.toThrow(/invariant/);
    snapshot.release();
  });

  test("can be read again, for a write that is tried again", async () => {
    const state = stateOf(5);
    const store = new SnapshotStore();
    await store.take(state.beginSnapshot()!);
    batch(state, 2, [1]);
    await store.take(state.beginSnapshot()!);
    batch(state, 3, [2]);
    const snapshot = state.beginSnapshot()!;
    const reads: StateEntry[][] = [[], []];
    for (const read of reads) for await (const slice of snapshot.entries()) read.push(...slice);
    expect(reads[0]).toHaveLength(2);
    expect(reads[1]).toEqual(reads[0]);
  });

  test("is one at a time", () => {
    const state = stateOf(3);
    const snapshot = state.beginSnapshot()!;
    expect(() => state.beginSnapshot()).toThrow(/invariant/);
    snapshot.release();
    expect(state.beginSnapshot()).toBeDefined();
  });

  test("that was lost is covered by the next one", async () => {
    const state = stateOf(100);
    const store = new SnapshotStore();
    await store.take(state.beginSnapshot()!);
    batch(state, 2, [1]);
    state.beginSnapshot()!.release();
    batch(state, 3, [2]);
    const lost = state.beginSnapshot()!;
    for await (const _ of lost.entries());
    lost.release();
    batch(state, 4, [3]);
    const { baseVersionMs, entries } = await store.take(state.beginSnapshot()!);
    expect(baseVersionMs).toBe(1);
    expect(entries.map(({ key }) => key)).toEqual([1, 2, 3]);
  });

  test("holds as many keys as changed, among many as among few", async () => {
    for (const keyCount of [3000, 30_000]) {
      const state = stateOf(keyCount);
      const store = new SnapshotStore();
      await store.take(state.beginSnapshot()!);
      for (let version = 2; version < 6; version += 1) {
        batch(state, version, keysFrom(keyCount / 2, 100));
        expect((await store.take(state.beginSnapshot()!)).entries).toHaveLength(100);
        expect(store.chain()).toHaveLength(2);
      }
    }
  });

  test("is full again when more than half of the keys changed, and nothing is noted beyond that", async () => {
    const state = stateOf(100);
    const store = new SnapshotStore();
    await store.take(state.beginSnapshot()!);
    batch(state, 2, keysFrom(0, 50));
    expect((await store.take(state.beginSnapshot()!)).baseVersionMs).toBe(1);
    batch(state, 3, [99]);
    expect((await store.take(state.beginSnapshot()!)).baseVersionMs).toBeNull();
  });
});

describe("following the changes", () => {
  const partition = () => {
    const calls: string[] = [];
    const noted = { count: 0 };
    const fake: StatePartition<number, string> = {
      ...({} as StatePartition<number, string>),
      trackChanges: () => void calls.push("track"),
      stopTracking: () => void calls.push("stop"),
      changedSince: () => noted.count,
      cut: (version) => void calls.push(`cut ${version}`),
      snapshot: () => ({
        slices: () => slicesOf([], 1) as never,
        confirm: () => void calls.push("confirm"),
        release: () => {},
      }),
    };
    return { fake, calls, noted };
  };

  test("begins with the first snapshot", () => {
    const { fake, calls } = partition();
    const snapshots = new StateSnapshots([fake]);
    snapshots.applied(1000);
    expect(calls).toEqual([]);
    snapshots.begin(1, 1000);
    expect(calls).toEqual(["track", "cut 1"]);
  });

  test("ends when more keys changed than half of the state, until the next snapshot, a full one", async () => {
    const { fake, calls, noted } = partition();
    const snapshots = new StateSnapshots([fake]);
    await new SnapshotStore().take(snapshots.begin(1, 1000)!);
    noted.count = 500;
    snapshots.applied(1000);
    expect(calls.splice(0)).toEqual(["track", "cut 1", "confirm"]);
    noted.count = 501;
    snapshots.applied(1000);
    snapshots.applied(1000);
    expect(calls.splice(0)).toEqual(["stop"]);
    expect(snapshots.begin(2, 1000)?.baseVersionMs).toBeNull();
    expect(calls).toEqual(["track", "cut 2"]);
  });

  test("that ended while a snapshot was under way makes that one no base", async () => {
    const { fake, calls, noted } = partition();
    const snapshots = new StateSnapshots([fake]);
    const snapshot = snapshots.begin(1, 1000)!;
    noted.count = 600;
    snapshots.applied(1000);
    calls.length = 0;
    await new SnapshotStore().take(snapshot);
    expect(calls).toEqual([]);
    expect(snapshots.begin(2, 1000)?.baseVersionMs).toBeNull();
  });
});
