import { describe, expect, test } from "vitest";
import { KeyMap } from "../../../src/codec/index.ts";
import { ChangeLog, type KeySet } from "../../../src/state/change-log.ts";

const setOf = (...keys: number[]): KeySet<number> => {
  const set = new KeyMap<number, true>();
  for (const key of keys) set.set(key, true);
  return set;
};
const keysOf = (pieces: readonly KeySet<number>[]) => pieces.map((keys) => [...keys.keys()]);

describe("a change log", () => {
  test("tells the keys after a cut, stretch by stretch, and counts those of the open one as well", () => {
    const log = new ChangeLog<number>();
    log.note(setOf(1, 2));
    log.cut(10);
    log.note(setOf(2));
    log.noteKey(3);
    log.note(setOf(3));
    log.cut(20);
    log.note(setOf(4));
    expect(keysOf(log.since(-Infinity))).toEqual([
      [1, 2],
      [2, 3],
    ]);
    expect(keysOf(log.since(10))).toEqual([[2, 3]]);
    expect(log.countSince(10)).toBe(3);
    expect(log.countSince(20)).toBe(1);
  });

  test("keeps one stretch for those that were joined, so that it does not grow with snapshots", () => {
    const log = new ChangeLog<number>();
    for (let version = 1; version <= 100; version += 1) {
      log.note(setOf(version % 3));
      log.cut(version);
      if (version > 1) log.join(1, version, setOf(0, 1, 2));
    }
    log.note(setOf(7));
    log.cut(101);
    expect(keysOf(log.since(-Infinity))).toEqual([[1], [0, 1, 2], [7]]);
  });

  test("leaves alone what was cut before and behind the joined stretches", () => {
    const log = new ChangeLog<number>();
    for (const version of [1, 2, 3, 4]) {
      log.note(setOf(version));
      log.cut(version);
    }
    log.join(1, 3, setOf(2, 3));
    expect(keysOf(log.since(-Infinity))).toEqual([[1], [2, 3], [4]]);
  });
});
