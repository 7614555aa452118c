/** A chain of snapshots reads as the state that was written, whatever it was made of, and in bounded memory. */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  type StateEntry,
  type StateSnapshotRef,
  writeStateSnapshot,
} from "../../../src/checkpoint/index.ts";
import { encodeKey, KeyMap, keyGroupOf } from "../../../src/codec/index.ts";
import {
  byteCountOf,
  diffCheckpoints,
  type KeyedEntry,
  pathOf,
  prefixFilter,
  Ranking,
  scanChain,
  whereFilter,
} from "../../../src/inspect/index.ts";
import { MemoryStore } from "../../../src/store/index.ts";
import { keyArbitrary } from "../codec/key-arbitrary.ts";

/** What one snapshot holds; undefined is a key that is gone. */
type Changes = readonly (readonly [key: unknown, value: number | undefined])[];

let stores = 0;

async function written(changes: readonly Changes[]): Promise<{
  store: MemoryStore;
  chain: readonly StateSnapshotRef[];
  state: KeyMap<unknown, number>;
}> {
  stores += 1;
  const store = new MemoryStore(`scan-${stores}`);
  const state = new KeyMap<unknown, number>();
  const chain: StateSnapshotRef[] = [];
  for (const [index, list] of changes.entries()) {
    const own = new KeyMap<unknown, number | undefined>();
    for (const [key, value] of list) own.set(key, value);
    const entries: StateEntry[] = [];
    for (const [key, value] of own) {
      if (value === undefined) state.delete(key);
      else state.set(key, value);
      if (index > 0 || value !== undefined) entries.push({ group: keyGroupOf(key), key, value });
    }
    const header = {
      operatorUid: "op",
      versionMs: index + 1,
      baseVersionMs: index === 0 ? null : index,
      stateVersion: 1,
    };
    async function* slices() {
      yield entries;
    }
    chain.push(await writeStateSnapshot(store, `state/op/${index}`, header, slices()));
  }
  return { store, chain, state };
}

function sorted(entries: Iterable<readonly [unknown, unknown]>): unknown[] {
  return [...entries]
    .map(([key, value]) => [encodeKey(key), value] as const)
    .toSorted(([a], [b]) => (a < b ? -1 : 1));
}

async function scanned(slices: AsyncIterable<readonly KeyedEntry[]>): Promise<KeyedEntry[]> {
  const entries: KeyedEntry[] = [];
  for await (const slice of slices) entries.push(...slice);
  return entries;
}

const changesArbitrary = fc.array(
  fc.array(fc.tuple(keyArbitrary, fc.option(fc.integer(), { nil: undefined })), { maxLength: 12 }),
  { minLength: 1, maxLength: 5 },
);

describe("a scan of a chain", () => {
  test("gives each key once, with its newest value, however few keys may be held", async () => {
    await fc.assert(
      fc.asyncProperty(
        changesArbitrary,
        fc.integer({ min: 1, max: 20 }),
        async (changes, heldKeys) => {
          const { chain, state, store } = await written(changes);
          const entries = await scanned(scanChain(store, chain, { heldKeys }));
          expect(sorted(entries.map(({ key, value }) => [key, value]))).toEqual(sorted(state));
        },
      ),
      { numRuns: 100 },
    );
  });

  test("reads the whole one once where nothing was changed since", async () => {
    const { chain, store } = await written([
      [
        ["a", 1],
        ["b", 2],
      ],
    ]);
    let reads = 0;
    const counting = new Proxy(store, {
      get: (target, name) => {
        if (name === "read" || name === "readRange") reads += 1;
        const found: unknown = Reflect.get(target, name);
        return typeof found === "function" ? (found.bind(target) as unknown) : found;
      },
    });
    expect(await scanned(scanChain(counting, chain))).toHaveLength(2);
    expect(reads).toBe(1);
  });

  test("tells how far it is, to the end", async () => {
    const { chain, store } = await written([
      [
        ["a", 1],
        ["b", 2],
      ],
      [["a", 3]],
    ]);
    const seen: (readonly [number, number])[] = [];
    await scanned(
      scanChain(store, chain, { progress: (read, total) => void seen.push([read, total]) }),
    );
    expect(seen.at(-1)).toEqual([3, 3]);
  });
});

describe("a difference of two states", () => {
  test("counts keys that came, went and changed, however few may be held", async () => {
    await fc.assert(
      fc.asyncProperty(
        changesArbitrary,
        changesArbitrary,
        fc.integer({ min: 1, max: 20 }),
        async (old, now, heldKeys) => {
          const before = await written(old);
          const after = await written(now);
          const found: string[] = [];
          const store = new Proxy(before.store, {
            get: (target, name) => {
              if (name !== "read") return Reflect.get(target, name) as unknown;
              return async (file: string) =>
                file.startsWith("state/op/now-")
                  ? after.store.read(file.replace("now-", ""))
                  : before.store.read(file);
            },
          });
          const checkpointOf = (snapshots: readonly StateSnapshotRef[]) =>
            ({
              graph: { streams: [{ uid: "op", state: {} }] },
              configuration: { options: {} },
              snapshots,
              batches: [],
              streams: [],
              blocks: [],
            }) as unknown as Parameters<typeof diffCheckpoints>[1];
          const renamed = after.chain.map((each) => ({
            ...each,
            name: each.name.replace("op/", "op/now-"),
          }));
          for await (const difference of diffCheckpoints(
            store,
            checkpointOf(before.chain),
            checkpointOf(renamed),
            { heldKeys, keys: true },
          )) {
            if (difference.part === "state" && difference.name !== "op")
              found.push(difference.change);
          }
          const expected: string[] = [];
          for (const [key, value] of before.state) {
            if (!after.state.has(key)) expected.push("removed");
            else if (after.state.get(key) !== value) expected.push("changed");
          }
          for (const [key] of after.state) if (!before.state.has(key)) expected.push("added");
          expect([...found].sort()).toEqual([...expected].sort());
        },
      ),
      { numRuns: 50 },
    );
  });
});

describe("what is asked of entries", () => {
  const entry = (key: unknown, value: unknown): KeyedEntry => ({ group: 0, key, value });
  const flight = entry(["JFK", "LAX"], {
    total: 12,
    last: new Date(0),
    big: 5n,
    note: "late again",
    seen: new Map([["a", 1]]),
  });

  test.each([
    ["value.total >= 12", true],
    ["value.total > 12", false],
    ["value.total = 12", true],
    ["value.total != 12", false],
    ["value.big < 6", true],
    ["value.big = 5", true],
    ["value.note ~ late", true],
    ["value.note ~ early", false],
    ['value.note = "late again"', true],
    ["key[0] = JFK", true],
    ["key[1] = JFK", false],
    ["key[7] = JFK", false],
    ["value.last < 1971-01-01", true],
    ["value.last > 1971-01-01", false],
    ["value.seen.a = 1", true],
    ["value.missing != 1", false],
    ["value.note > 3", false],
    ['key = ["JFK","LAX"]', true],
  ])("%s is %s", (text, expected) => {
    expect(whereFilter(text)(flight)).toBe(expected);
  });

  test.each(["total > 1", "value.total", "value..a = 1", "value = "])("%s is refused", (text) => {
    expect(() => whereFilter(text)).toThrow(expect.objectContaining({ code: "notation_invalid" }));
  });

  test("a prefix is that of the text, or of what is printed", () => {
    expect(prefixFilter("JF")(entry("JFK", 1))).toBe(true);
    expect(prefixFilter('["JFK"')(flight)).toBe(true);
    expect(prefixFilter("K")(entry("JFK", 1))).toBe(false);
  });

  test("the highest stay, whatever the order in which they came", () => {
    fc.assert(
      fc.property(
        fc.array(fc.integer(), { maxLength: 3000 }),
        fc.integer({ min: 1, max: 20 }),
        (values, count) => {
          const ranking = new Ranking(count);
          for (const value of values)
            ranking.add(entry(value, value), pathOf("value")(entry(value, value)));
          expect(ranking.entries().map(({ rank }) => rank)).toEqual(
            values.toSorted((a, b) => b - a).slice(0, count),
          );
        },
      ),
      { numRuns: 50 },
    );
  });

  test("what is no number is counted, not ranked", () => {
    const ranking = new Ranking(2);
    ranking.add(flight, pathOf("value.note")(flight));
    ranking.add(flight, pathOf("value.big")(flight));
    ranking.add(flight, byteCountOf(flight));
    expect(ranking.unranked).toBe(1);
    expect(ranking.entries()).toHaveLength(2);
  });
});
