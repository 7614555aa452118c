import { describe, expect, test } from "vitest";
import { type StateRestore, VersionedState } from "../../../src/state/index.ts";
import { SnapshotStore, slicesOf } from "../../conformance/snapshot-store.ts";

async function storeOf(keys: readonly string[]): Promise<SnapshotStore> {
  const state = new VersionedState<string, { n: number }>({ partitions: 1 });
  const store = new SnapshotStore();
  const update = state.begin(0, 100);
  for (const [n, key] of keys.entries()) update.set(key, { n });
  void state.complete(update);
  await store.take(state.beginSnapshot()!);
  return store;
}

const empty = { versionMs: 100, entries: slicesOf([], 1) };
const toZero = { operator: "count", partitionOf: () => 0 };

describe("a restored state", () => {
  test("may be empty, and stands at its version", async () => {
    const state = new VersionedState<string, number>({ partitions: 2 });
    await state.restore({ ...toZero, chain: [empty] });
    expect(state.visibleVersion).toBe(100);
    expect(state.size).toBe(0);
    expect(state.read(1, 100).size).toBe(0);
    expect(state.begin(0, 101).get("a")).toBeUndefined();
  });

  test("goes on with a delta to the last snapshot of its chain", async () => {
    const store = await storeOf(["a", "b", "c", "d"]);
    const state = new VersionedState<string, { n: number }>({ partitions: 1 });
    await state.restore({ ...toZero, chain: store.stream() });
    expect(state.beginSnapshot()).toBeUndefined();
    const update = state.begin(0, 101);
    update.set("b", { n: 7 });
    void state.complete(update);
    const snapshot = await store.take(state.beginSnapshot()!);
    expect(snapshot.baseVersionMs).toBe(100);
    expect(snapshot.entries.map(({ key }) => key)).toEqual(["b"]);
  });

  test("freezes what it loads as it does what is set", async () => {
    const store = await storeOf(["a"]);
    store.add({
      versionMs: 100,
      baseVersionMs: null,
      entries: [{ group: 0, key: "a", value: { n: 1 }, usedAtMs: undefined }],
    });
    const state = new VersionedState<string, { n: number }>({ partitions: 1 });
    await state.restore({ ...toZero, chain: store.stream() });
    expect(Object.isFrozen(state.read(0, 100).get("a"))).toBe(true);
  });

  test("lets all overdue keys fall due in the first batch, the longest unused first", async () => {
    const entries = [300, 100, 200, 900].map((usedAtMs) => ({
      group: 0,
      key: `used at ${usedAtMs}`,
      value: 1,
      usedAtMs,
    }));
    const state = new VersionedState<string, number>({ partitions: 1, timeoutMs: 1000 });
    await state.restore({ ...toZero, chain: [{ versionMs: 900, entries: slicesOf(entries, 2) }] });
    const due: string[] = [];
    void state
      .begin(0, 1500)
      .due()
      .next(100, (key) => void due.push(key));
    expect(due).toEqual(["used at 100", "used at 200", "used at 300"]);
  });

  test("takes the version of the snapshot for the last use of what tells none", async () => {
    const state = new VersionedState<string, { n: number }>({ partitions: 1, timeoutMs: 10 });
    await state.restore({ ...toZero, chain: (await storeOf(["a"])).stream() });
    const dueAt = (versionMs: number) => {
      const due: string[] = [];
      const update = state.begin(0, versionMs);
      while (update.due().next(100, (key) => void due.push(key)));
      return due;
    };
    expect(dueAt(110)).toEqual([]);
    state.restart(110);
    expect(dueAt(111)).toEqual(["a"]);
  });

  test("is filled once, before its first batch", async () => {
    const state = new VersionedState<string, number>({ partitions: 1 });
    state.begin(0, 1);
    await expect(state.restore({ ...toZero, chain: [empty] })).rejects.toThrow(/invariant/);
  });
});

describe("a state of an older version", () => {
  const restore = async (options: Partial<StateRestore<string, string>>, storedAs: number[]) => {
    const store = await storeOf(["a", "b"]);
    const state = new VersionedState<string, string>({ partitions: 1 });
    const chain = storedAs.map((stateVersion, index) => ({
      versionMs: 100 + index,
      stateVersion,
      entries:
        index === 0
          ? slicesOf(store.chain()[0]!.entries, 1)
          : slicesOf([{ group: 0, key: "b", value: `delta`, usedAtMs: undefined }], 1),
    }));
    await state.restore({ ...toZero, chain, ...options });
    return state;
  };
  const migrate = (value: unknown, from: number, key: string) =>
    `${key} ${JSON.stringify(value)} of ${from}`;

  test("is migrated value by value, each from the version that it was stored as", async () => {
    const state = await restore({ version: 3, migrate }, [1, 3]);
    expect(state.read(0, 101).get("a")).toBe('a {"n":0} of 1');
    expect(state.read(0, 101).get("b")).toBe("delta");
  });

  test("has version 1 where it says nothing", async () => {
    expect((await restore({ version: 2, migrate }, [1])).read(0, 100).get("a")).toContain("of 1");
    expect((await restore({ migrate }, [1])).read(0, 100).get("a")).toEqual({ n: 0 });
  });

  test("loses the keys for which migrate gives nothing", async () => {
    const state = await restore(
      { version: 1, migrate: (_, __, k) => (k === "a" ? k : undefined) },
      [0],
    );
    expect(state.size).toBe(1);
    expect(state.read(0, 100).has("b")).toBe(false);
  });

  test("is stored whole by its next snapshot, so that migrate is not needed for ever", async () => {
    const state = await restore({ version: 2, migrate }, [1]);
    const snapshot = await new SnapshotStore().take(state.beginSnapshot()!);
    expect(snapshot.baseVersionMs).toBeNull();
    expect(snapshot.entries).toHaveLength(2);
  });

  test("is refused without migrate, and refused when it is of a later version", async () => {
    await expect(restore({ version: 2 }, [1])).rejects.toMatchObject({
      code: "state_version_older",
      details: { operator: "count", storedVersion: 1, version: 2 },
    });
    await expect(restore({ version: 1, migrate }, [2])).rejects.toMatchObject({
      code: "state_version_newer",
    });
  });

  test("whose migrate throws names the key", async () => {
    const thrown = new Error("no");
    const failing = () => {
      throw thrown;
    };
    await expect(restore({ version: 2, migrate: failing }, [1])).rejects.toMatchObject({
      code: "state_migration_failed",
      details: { key: "a", storedVersion: 1 },
      cause: thrown,
    });
  });
});
