import { describe, expect, test } from "vitest";
import { KeyMap } from "../../../src/codec/index.ts";
import { absent, type Changes, VersionedMap } from "../../../src/state/versioned-map.ts";

const changes = (
  entries: readonly [unknown, string | typeof absent][],
): Changes<unknown, string> => {
  const map: Changes<unknown, string> = new KeyMap();
  for (const [key, entry] of entries) map.set(key, entry);
  return map;
};
const nobody = { changed: () => {} };

describe("the memory of a versioned map", () => {
  test("holds no entry beside the key and the value", () => {
    const map = new VersionedMap<unknown, string>();
    map.apply(1, changes([["a", "x"]]), nobody);
    expect([...map.base.primitives]).toEqual([["a", "x"]]);
  });

  test("lets go of undo records and of deleted keys with the last version that needs them", () => {
    const map = new VersionedMap<unknown, string>();
    map.apply(
      1,
      changes([
        ["a", "1"],
        [["b"], "1"],
        ["c", "1"],
      ]),
      nobody,
    );
    map.apply(
      2,
      changes([
        ["a", absent],
        [["b"], absent],
      ]),
      nobody,
    );
    map.apply(3, changes([["c", absent]]), nobody);
    map.forget(1);
    expect(map.undoTo(1).map((replaced) => [...replaced.keys()])).toEqual([["a", ["b"]], ["c"]]);
    expect([map.base.primitives.size, map.base.composites?.size]).toEqual([2, 1]);
    map.forget(2);
    expect(map.undoTo(2).map((replaced) => [...replaced.keys()])).toEqual([["c"]]);
    expect([map.base.primitives.size, map.base.composites?.size]).toEqual([1, 0]);
    map.forget(3);
    expect(map.undoTo(3)).toEqual([]);
    expect(map.base.primitives.size).toBe(0);
  });

  test("keeps a key that was deleted, came back and was deleted again for the versions between", () => {
    const map = new VersionedMap<unknown, string>();
    map.apply(1, changes([["a", "1"]]), nobody);
    map.apply(2, changes([["a", absent]]), nobody);
    map.apply(3, changes([["a", "3"]]), nobody);
    map.apply(4, changes([["a", absent]]), nobody);
    map.forget(3);
    expect(map.at(3, "a")).toBe("3");
    expect(map.base.primitives.has("a")).toBe(true);
    expect(map.size).toBe(0);
    map.forget(4);
    expect(map.base.primitives.has("a")).toBe(false);
  });

  test("does not grow by a version that changes nothing", () => {
    const map = new VersionedMap<unknown, string>();
    map.apply(1, changes([]), nobody);
    expect(map.undoTo(0)).toEqual([]);
  });
});
