import { describe, expect, test } from "vitest";
import {
  type StateReader,
  type StateScan,
  type StateUpdate,
  VersionedState,
} from "../../../src/state/index.ts";

type Counts = VersionedState<string, number>;

function newState(options: { partitions?: number; timeoutMs?: number } = {}): Counts {
  return new VersionedState<string, number>({ partitions: 1, ...options });
}

/** One whole version: undefined deletes. */
function apply(state: Counts, version: number, changes: Record<string, number | undefined>): void {
  const update = state.begin(0, version);
  for (const [key, value] of Object.entries(changes)) {
    if (value === undefined) update.delete(key);
    else update.set(key, value);
  }
  void state.complete(update);
}

function rest<S>(scan: StateScan<string, S>): Record<string, S> {
  const seen: Record<string, S> = {};
  const visit = (key: string, value: S) => {
    expect(seen).not.toHaveProperty(key);
    seen[key] = value;
  };
  while (scan.next(2, visit));
  return seen;
}

const contents = (reader: StateReader<string, number>) => rest(reader.scan());

describe("a version of the state", () => {
  test("is empty before the first update and has no version then", () => {
    const state = newState();
    expect(state.visibleVersion).toBeUndefined();
    expect(state.size).toBe(0);
    const update = state.begin(0, 1_000);
    expect(update.get("a")).toBeUndefined();
    expect(rest(update.scan())).toEqual({});
    expect(() => state.read(0, 1_000)).toThrow("the version of the state that is read exists");
  });

  test("becomes visible when every partition is complete, and in all of them at once", () => {
    const state = newState({ partitions: 2 });
    const [first, second] = [state.begin(0, 1_000), state.begin(1, 1_000)];
    first.set("a", 1);
    second.set("b", 2);
    void state.complete(second);
    expect(state.isComplete(1, 1_000)).toBe(true);
    expect(state.isComplete(0, 1_000)).toBe(false);
    expect(state.isVisible(1_000)).toBe(false);
    expect(state.sizeOf(1)).toBe(0);
    void state.complete(first);
    expect(state.visibleVersion).toBe(1_000);
    expect(state.read(0, 1_000).get("a")).toBe(1);
    expect(state.read(1, 1_000).get("b")).toBe(2);
    expect([state.sizeOf(0), state.sizeOf(1), state.size]).toEqual([1, 1, 2]);
  });

  test("shows nothing of an attempt that failed", () => {
    const state = newState();
    apply(state, 1_000, { a: 1, b: 2 });
    const failed = state.begin(0, 2_000);
    failed.set("a", 10);
    failed.delete("b");
    failed.set("c", 3);
    expect([failed.get("a"), failed.get("b"), failed.get("c")]).toEqual([10, undefined, 3]);
    expect(contents(state.read(0, 1_000))).toEqual({ a: 1, b: 2 });
    const retry = state.begin(0, 2_000);
    expect([retry.get("a"), retry.get("b"), retry.get("c")]).toEqual([1, 2, undefined]);
    void state.complete(retry);
    expect(contents(state.read(0, 2_000))).toEqual({ a: 1, b: 2 });
  });

  test("refuses the late end of an attempt that was begun again", () => {
    const state = newState();
    const late = state.begin(0, 1_000);
    void state.complete(state.begin(0, 1_000));
    expect(() => state.complete(late)).toThrow("an update completes the version");
    const later = state.begin(0, 2_000);
    state.begin(0, 2_000);
    expect(() => state.complete(later)).toThrow("the one that was begun last");
  });

  test("cannot be changed by who made it once it is complete", () => {
    const state = newState({ partitions: 2 });
    const update = state.begin(0, 1_000);
    void state.complete(update);
    expect(() => update.set("a", 1)).toThrow("not used after it was completed");
    expect(() => update.delete("a")).toThrow("not used after it was completed");
    expect(() => update.touch("a")).toThrow("not used after it was completed");
  });

  test("is made once, and after the version before it", () => {
    const state = newState({ partitions: 2 });
    const update = state.begin(0, 2_000);
    expect(() => state.begin(1, 3_000)).toThrow("one version of a state is made at a time");
    void state.complete(update);
    expect(() => state.begin(0, 2_000)).toThrow("no update of a completed version begins");
    void state.complete(state.begin(1, 2_000));
    expect(() => state.begin(0, 2_000)).toThrow("no update of a completed version begins");
    expect(() => state.begin(0, 1_000)).toThrow("no update of a completed version begins");
    expect(() => state.begin(2, 3_000)).toThrow("the partition of the state exists");
  });

  test("that is begun anew keeps nothing of what was done, completed partitions included", () => {
    const state = newState({ partitions: 2 });
    const complete = state.begin(0, 1_000);
    complete.set("a", 1);
    void state.complete(complete);
    state.restart(1_000);
    expect(state.isComplete(0, 1_000)).toBe(false);
    for (const partition of [0, 1]) void state.complete(state.begin(partition, 1_000));
    expect(state.read(0, 1_000).get("a")).toBeUndefined();
    expect(() => state.restart(1_000)).toThrow("no visible version is begun anew");
  });

  test("can be given up for a later one", () => {
    const state = newState();
    state.begin(0, 1_000).set("a", 1);
    state.restart(5_000);
    expect(() => state.begin(0, 2_000)).toThrow("one version of a state is made at a time");
    state.restart(1_000);
    apply(state, 2_000, { b: 2 });
    expect(contents(state.read(0, 2_000))).toEqual({ b: 2 });
  });

  test("holds null, but not undefined", () => {
    const state = new VersionedState<string, null | undefined>({ partitions: 1 });
    const update = state.begin(0, 1);
    update.set("a", null);
    expect(() => update.set("a", undefined)).toThrow("a state value is not undefined");
    void state.complete(update);
    const next = state.begin(0, 2);
    next.set("a", null);
    void state.complete(next);
    expect(state.size).toBe(1);
    expect(state.read(0, 1).get("a")).toBeNull();
  });

  test("finds a composite key by its value", () => {
    const state = new VersionedState<readonly string[], number>({ partitions: 1 });
    const update = state.begin(0, 1);
    update.set(["SEA", "LAX"], 7);
    void state.complete(update);
    expect(state.begin(0, 2).get(["SEA", "LAX"])).toBe(7);
  });
});

describe("older versions", () => {
  test("are read as they were until they are forgotten", () => {
    const state = newState();
    apply(state, 1, { a: 1, b: 1 });
    apply(state, 2, { a: 2, c: 2 });
    apply(state, 3, { a: undefined, b: undefined });
    apply(state, 5, { a: 5 });
    const expected = { 1: { a: 1, b: 1 }, 2: { a: 2, b: 1, c: 2 }, 3: { c: 2 }, 5: { a: 5, c: 2 } };
    for (const [version, content] of Object.entries(expected)) {
      const reader = state.read(0, Number(version));
      expect(contents(reader)).toEqual(content);
      expect(reader.size).toBe(Object.keys(content).length);
    }
    const forgotten = state.read(0, 2);
    state.forget(3);
    expect(contents(state.read(0, 3))).toEqual(expected[3]);
    expect(() => state.read(0, 2)).toThrow("the version of the state that is read exists");
    expect(() => forgotten.get("a")).toThrow("read before it is forgotten");
  });

  test("do not include a batch time between two of them", () => {
    const state = newState();
    apply(state, 1, { a: 1 });
    apply(state, 5, { a: 5 });
    expect(() => state.read(0, 3)).toThrow("the version of the state that is read exists");
  });

  test("can all be forgotten but the visible one", () => {
    const state = newState();
    state.forget(10);
    apply(state, 1, { a: 1 });
    apply(state, 2, { a: 2 });
    state.forget(10);
    expect(contents(state.read(0, 2))).toEqual({ a: 2 });
    apply(state, 3, { a: 3 });
    expect(contents(state.read(0, 2))).toEqual({ a: 2 });
  });
});

describe("a scan in slices", () => {
  test("looks at no more keys in a slice than it is told, deleted ones included", () => {
    const state = newState();
    apply(state, 1, { a: 1, b: 1, c: 1, d: 1, e: 1 });
    apply(state, 2, { a: undefined, b: undefined, c: undefined });
    const scan = state.read(0, 2).scan();
    const slices: string[][] = [];
    for (let more: unknown = true; more === true; ) {
      const slice: string[] = [];
      more = scan.next(2, (key) => slice.push(key));
      slices.push(slice);
    }
    expect(slices).toEqual([[], ["d"], ["e"]]);
    expect(scan.next(2, () => expect.unreachable())).toBe(false);
  });

  test("goes on to see its version although the next one is applied in the middle", () => {
    const state = newState();
    apply(state, 1, { a: 1, b: 1, c: 1, d: 1 });
    const scan = state.read(0, 1).scan();
    const seen: Record<string, number> = {};
    expect(scan.next(2, (key, value) => (seen[key] = value))).toBe(true);
    expect(seen).toEqual({ a: 1, b: 1 });
    // Met and not yet met: deleted, deleted and brought back, changed; and one that is new.
    apply(state, 2, { a: undefined, b: 2, c: undefined, d: 2, e: 2 });
    apply(state, 3, { a: 3, c: 3 });
    expect({ ...seen, ...rest(scan) }).toEqual({ a: 1, b: 1, c: 1, d: 1 });
    expect(contents(state.read(0, 3))).toEqual({ a: 3, b: 2, c: 3, d: 2, e: 2 });
  });

  test("of an update shows the base, whatever the update has changed", () => {
    const state = newState();
    apply(state, 1, { a: 1, b: 1 });
    const update = state.begin(0, 2);
    update.set("a", 2);
    update.delete("b");
    update.set("c", 2);
    expect(rest(update.scan())).toEqual({ a: 1, b: 1 });
    expect(update.base.has("b")).toBe(true);
    expect(update.has("b")).toBe(false);
  });
});

describe("time-outs", () => {
  const timedOut = (update: StateUpdate<string, number>) => rest(update.due());

  test("fall due at the first batch more than the time-out after the last use", () => {
    const state = newState({ timeoutMs: 10 });
    apply(state, 100, { a: 1 });
    expect(timedOut(state.begin(0, 110))).toEqual({});
    apply(state, 110, {});
    expect(timedOut(state.begin(0, 111))).toEqual({ a: 1 });
  });

  test("are put off by a set and by a touch, also one in the batch in which they fall due", () => {
    const state = newState({ timeoutMs: 10 });
    apply(state, 100, { set: 1, touched: 1, idle: 1, deleted: 1 });
    const update = state.begin(0, 111);
    update.set("set", 2);
    update.touch("touched");
    update.delete("deleted");
    update.touch("never there");
    expect(timedOut(update)).toEqual({ idle: 1 });
    update.delete("idle");
    void state.complete(update);
    expect(contents(state.read(0, 111))).toEqual({ set: 2, touched: 1 });
    expect(timedOut(state.begin(0, 121))).toEqual({});
    expect(timedOut(state.begin(0, 121))).toEqual({});
    apply(state, 121, {});
    expect(timedOut(state.begin(0, 122))).toEqual({ set: 2, touched: 1 });
  });

  test("are not put off by an attempt that failed", () => {
    const state = newState({ timeoutMs: 10 });
    apply(state, 100, { a: 1, b: 1 });
    apply(state, 105, { b: 2 });
    const failed = state.begin(0, 111);
    failed.touch("a");
    expect(timedOut(failed)).toEqual({});
    expect(timedOut(state.begin(0, 111))).toEqual({ a: 1 });
  });

  test("that passed while no batch ran fire in due order, then in the order of the keys", () => {
    const state = newState({ timeoutMs: 10 });
    apply(state, 1, { young: 0, old: 0, older: 0 });
    apply(state, 2, { old: 1 });
    apply(state, 3, { late: 0, young: 1 });
    const due: string[] = [];
    const scan = state.begin(0, 1_000).due();
    while (scan.next(1, (key) => due.push(key)));
    expect(due).toEqual(["older", "old", "young", "late"]);
  });

  test("stay due until the key is deleted or used", () => {
    const state = newState({ timeoutMs: 10 });
    apply(state, 1, { a: 1 });
    void state.complete(state.begin(0, 20));
    expect(timedOut(state.begin(0, 30))).toEqual({ a: 1 });
  });

  test("do not exist without the option, and a touch changes nothing then", () => {
    const state = newState();
    apply(state, 1, { a: 1 });
    const update = state.begin(0, 1_000_000);
    update.touch("a");
    expect(timedOut(update)).toEqual({});
    void state.complete(update);
    expect(state.read(0, 1).get("a")).toBe(1);
  });
});

describe("values are read-only", () => {
  interface Stats {
    readonly count: number;
    readonly delays: readonly number[];
  }
  const mutate = (stats: Stats) => (stats.delays as number[]).push(1);

  test("a state function that mutates what it is given throws", () => {
    const state = new VersionedState<string, Stats>({ partitions: 1 });
    const update = state.begin(0, 1);
    const stats = { count: 1, delays: [5] };
    update.set("a", stats);
    expect(() => mutate(stats)).toThrow(TypeError);
    void state.complete(update);
    const next = state.begin(0, 2);
    expect(() => mutate(next.get("a")!)).toThrow(TypeError);
    expect(() => next.scan().next(1, (_, value) => mutate(value))).toThrow(TypeError);
  });

  test("with protect: none nothing is frozen, and what is stored is what was set", () => {
    const state = new VersionedState<string, Stats>({ partitions: 1, protect: "none" });
    const update = state.begin(0, 1);
    const stats = { count: 1, delays: [5] };
    update.set("a", stats);
    expect(update.get("a")).toBe(stats);
    expect(Object.isFrozen(stats)).toBe(false);
  });

  test("with clone an update hands out clones, and older versions are safe from them", () => {
    const clone = (stats: Stats): Stats => structuredClone(stats);
    const state = new VersionedState<string, Stats>({ partitions: 1, clone, timeoutMs: 1 });
    const update = state.begin(0, 1);
    const stats = { count: 1, delays: [5] };
    update.set("a", stats);
    expect(update.mutable).toBe(true);
    expect(Object.isFrozen(stats)).toBe(false);
    void state.complete(update);
    const next = state.begin(0, 5);
    mutate(next.get("a")!);
    void next.scan().next(1, (_, value) => mutate(value));
    void next.due().next(2, (_, value) => mutate(value));
    expect(next.get("a")).toEqual({ count: 1, delays: [5] });
    const changed = next.get("a")!;
    mutate(changed);
    next.set("a", changed);
    void state.complete(next);
    expect(state.read(0, 1).get("a")).toEqual({ count: 1, delays: [5] });
    expect(state.read(0, 5).get("a")).toEqual({ count: 1, delays: [5, 1] });
  });
});
