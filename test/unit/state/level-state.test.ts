import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { encodeKey } from "../../../src/codec/index.ts";
import { VersionedState, type VersionedStateOptions } from "../../../src/state/index.ts";
import { SnapshotStore } from "../../conformance/snapshot-store.ts";
import { keyArbitrary } from "../codec/key-arbitrary.ts";

let directory: string;
const open: VersionedState<unknown, unknown>[] = [];

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), "millrace-level-"));
});
afterEach(async () => {
  await Promise.all(open.splice(0).map((state) => state.close()));
  await rm(directory, { recursive: true, force: true });
});

async function newState(
  options: Partial<VersionedStateOptions<unknown>> = {},
): Promise<VersionedState<unknown, unknown>> {
  const path = join(directory, `${open.length}`);
  const state = new VersionedState<unknown, unknown>({
    partitions: 1,
    level: { directory: () => path },
    ...options,
  });
  open.push(state);
  await state.open();
  return state;
}

async function contentsOf(state: VersionedState<unknown, unknown>) {
  const contents: (readonly [unknown, unknown])[] = [];
  const scan = state.read(0, state.visibleVersion!).scan();
  while (await scan.next(3, (key, value) => void contents.push([key, value])));
  return contents;
}

describe("a state in LevelDB", () => {
  test("gives back keys of every kind", async () => {
    const property = fc.asyncProperty(
      fc.uniqueArray(keyArbitrary, { selector: encodeKey, maxLength: 8 }),
      async (keys) => {
        const state = await newState();
        const update = state.begin(0, 1);
        for (const key of keys) update.set(key, encodeKey(key));
        await state.complete(update);
        const contents = await contentsOf(state);
        expect(contents.map(([key]) => encodeKey(key)).sort()).toEqual(keys.map(encodeKey).sort());
        for (const [key, value] of contents) expect(value).toBe(encodeKey(key));
        for (const key of keys) expect(state.read(0, 1).get(key)).toBe(encodeKey(key));
      },
    );
    await fc.assert(property, { numRuns: 40 });
  });

  test("finds keys that are longer than all before them, whatever their letters", async () => {
    const state = await newState();
    const keys = ["a", "\u00e9", "\u6f22", "\u{105ce}"].flatMap((letter) =>
      [1, 10, 50, 51, 52, 53, 1000].map((length) => letter.repeat(length)),
    );
    for (const [version, key] of keys.entries()) {
      const update = state.begin(0, version);
      update.set(key, version);
      await state.complete(update);
      expect(state.read(0, version).get(key)).toBe(version);
    }
  });

  test("gives back values of every kind, frozen", async () => {
    const state = await newState();
    const values = [new Map([[1, new Set(["a"])]]), new Date(5), 5n, [undefined], { a: { b: 1 } }];
    const update = state.begin(0, 1);
    for (const [place, value] of values.entries()) update.set(place, value);
    await state.complete(update);
    const reader = state.read(0, 1);
    expect(values.map((_, place) => reader.get(place))).toEqual(values);
    expect(() => (reader.get(0) as Map<number, number>).set(2, 2)).toThrow(/read-only/);
    expect(Object.isFrozen((reader.get(4) as { a: object }).a)).toBe(true);
  });

  test("writes values by a codec of its own", async () => {
    const codec = {
      id: "hex",
      encode: (value: unknown) => Buffer.from((value as number).toString(16)),
      decode: (bytes: Uint8Array) => Number.parseInt(Buffer.from(bytes).toString(), 16),
    };
    const state = await newState({ codec });
    const update = state.begin(0, 1);
    update.set("a", 255);
    await state.complete(update);
    expect(state.read(0, 1).get("a")).toBe(255);
  });

  test("moves the changes of a task that are too many to disk, where the task finds them", async () => {
    const path = join(directory, "spilling");
    const level = { directory: () => path, changesInMemoryMax: 10 };
    const state = await newState({ level });
    const keys = Array.from({ length: 3000 }, (_, key) => key);
    const first = state.begin(0, 1);
    for (const key of keys) first.set(key, "first");
    await state.complete(first);

    const change = async (version: number, value: string) => {
      const update = state.begin(0, version);
      const scan = update.scan();
      const visit = (key: unknown) => {
        if ((key as number) % 3 === 0) update.delete(key);
        else update.set(key, value);
      };
      while (await scan.next(7, visit));
      return update;
    };
    await change(2, "lost");
    const update = await change(2, "second");
    for (const key of keys) expect(update.get(key)).toBe(key % 3 === 0 ? undefined : "second");
    expect([update.has(3), update.has(4), update.base.has(3)]).toEqual([false, true, true]);
    update.set(4, "late");
    update.set(6, "back");
    await state.complete(update);
    const expected = keys
      .filter((key) => key % 3 !== 0 || key === 6)
      .map((key) => [key, key === 4 ? "late" : key === 6 ? "back" : "second"] as const);
    expect(new Map(await contentsOf(state))).toEqual(new Map(expected));
    expect(state.size).toBe(expected.length);
  });

  test("holds in a delta what changed since its base, and each key once", async () => {
    const state = await newState();
    const batch = async (
      version: number,
      changes: Readonly<Record<string, number | undefined>>,
    ) => {
      const update = state.begin(0, version);
      for (const [key, value] of Object.entries(changes)) {
        if (value === undefined) update.delete(key);
        else update.set(key, value);
      }
      await state.complete(update);
      return new SnapshotStore().take(state.beginSnapshot()!);
    };
    const all = Object.fromEntries(Array.from({ length: 40 }, (_, key) => [`k${key}`, key]));
    expect((await batch(1, all)).entries).toHaveLength(40);
    expect((await batch(2, { k0: 1, k1: 1, k2: 1, k3: 1, k4: undefined })).entries).toHaveLength(5);
    const { baseVersionMs, entries } = await batch(3, { k5: 1, k6: undefined });
    expect(baseVersionMs).toBe(2);
    expect(entries.map(({ key, value }) => [key, value])).toEqual([
      ["k5", 1],
      ["k6", undefined],
    ]);
  });

  test("is unharmed by a value that cannot be written", async () => {
    const state = await newState();
    const update = state.begin(0, 1);
    for (let key = 0; key < 2000; key += 1) update.set(key, key);
    update.set("bad", () => {});
    expect(() => state.complete(update)).toThrow(
      expect.objectContaining({ code: "value_unsupported" }),
    );
    expect(state.visibleVersion).toBeUndefined();
    const again = state.begin(0, 1);
    expect(again.has(5)).toBe(false);
    again.set("good", 1);
    await state.complete(again);
    expect(await contentsOf(state)).toEqual([["good", 1]]);
  });

  test("is seen when it is written, and not given up once its updates are complete", async () => {
    const state = await newState();
    const update = state.begin(0, 1);
    update.set("a", 1);
    const written = state.complete(update);
    expect(state.visibleVersion).toBeUndefined();
    expect(state.isComplete(0, 1)).toBe(true);
    state.restart(1);
    expect(state.isComplete(0, 1)).toBe(true);
    await written;
    expect(state.visibleVersion).toBe(1);
    expect(await contentsOf(state)).toEqual([["a", 1]]);
  });

  test("has no snapshot begun while a version is being written", async () => {
    const state = await newState();
    const first = state.begin(0, 1);
    first.set("a", 1);
    await state.complete(first);
    const second = state.begin(0, 2);
    second.set("a", 2);
    const written = state.complete(second);
    expect(state.beginSnapshot()).toBeUndefined();
    await written;
    expect(state.beginSnapshot()?.versionMs).toBe(2);
  });

  test("can do nothing any more after a failure, and says where it was", async () => {
    const state = await newState();
    const update = state.begin(0, 1);
    update.set("a", 1);
    await state.close();
    const failed = { code: "state_backend_failed", details: { directory: join(directory, "0") } };
    await expect(async () => state.complete(update)).rejects.toMatchObject(failed);
    expect(state.visibleVersion).toBeUndefined();
    expect(state.isComplete(0, 1)).toBe(false);
    expect(() => state.begin(0, 1).get("a")).toThrow(expect.objectContaining(failed));
  });

  test("says why its directory cannot be opened", async () => {
    const path = join(directory, "file");
    await writeFile(path, "not a directory");
    const state = new VersionedState({ partitions: 1, level: { directory: () => path } });
    await expect(async () => state.open()).rejects.toMatchObject({
      code: "state_backend_failed",
      details: { directory: path },
    });
    await state.close();
  });

  test("is closed while it is opened, and twice", async () => {
    const path = join(directory, "state");
    const state = new VersionedState({ partitions: 1, level: { directory: () => path } });
    const opening = state.open();
    await Promise.all([opening, state.close(), state.close()]);
  });
});
