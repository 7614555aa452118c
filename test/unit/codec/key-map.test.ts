import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { encodeKey, KeyMap } from "../../../src/codec/index.ts";
import { equalTwin, keyArbitrary } from "./key-arbitrary.ts";

describe("KeyMap", () => {
  test("finds a composite key by its value", () => {
    const map = new KeyMap<unknown, number>();
    map.set(["SEA", "LAX"], 1).set({ b: 2, a: 1 }, 2).set(new Date(5), 3).set(Buffer.from("x"), 4);
    expect(map.get(["SEA", "LAX"])).toBe(1);
    expect(map.get({ a: 1, b: 2 })).toBe(2);
    expect(map.get(new Date(5))).toBe(3);
    expect(map.get(new Uint8Array([120]))).toBe(4);
    expect(map.get(["LAX", "SEA"])).toBeUndefined();
  });

  test("tells 1, 1n, '1' and [1] apart, and neither NaN from NaN nor -0 from 0", () => {
    const map = new KeyMap<unknown, string>();
    for (const key of [1, 1n, "1", [1], Number.NaN, 0]) map.set(key, encodeKey(key));
    expect([1, 1n, "1", [1], Number.NaN, -0].map((key) => map.get(key))).toEqual([
      "1",
      "1n",
      '"1"',
      "[1]",
      "NaN",
      "0",
    ]);
  });

  test("tells a composite key from a string that looks like its encoding", () => {
    const map = new KeyMap<unknown, number>().set("[1]", 1);
    expect(map.has([1])).toBe(false);
    map.set([1], 2);
    expect(map.get("[1]")).toBe(1);
  });

  test("takes over the keys of another map, composite ones too, with a value of its own", () => {
    const other = new KeyMap<unknown, string>().set("a", "x").set([1], "y").set("c", "z");
    const map = new KeyMap<unknown, number>().set("a", 1).set("b", 2);
    map.setAll(other, 7);
    map.set([2], 8);
    expect([...map]).toEqual([
      ["a", 7],
      ["b", 2],
      ["c", 7],
      [[1], 7],
      [[2], 8],
    ]);
    expect([...other.values()]).toEqual(["x", "z", "y"]);
  });

  test("iterates primitive keys in insertion order, then composite keys in insertion order", () => {
    const map = new KeyMap<unknown, number>();
    map.set([2], 1).set("b", 2).set([1], 3).set("a", 4).set([2], 5).set("b", 6);
    const expected = [
      ["b", 6],
      ["a", 4],
      [[2], 5],
      [[1], 3],
    ];
    const visited: unknown[] = [];
    map.forEach((value, key) => visited.push([key, value]));
    expect(visited).toEqual(expected);
    expect([...map]).toEqual(expected);
    expect([...map.entries()]).toEqual(expected);
    expect([...map.keys()]).toEqual(expected.map(([key]) => key));
    expect([...map.values()]).toEqual(expected.map(([, value]) => value));
  });

  test("shows its primitive keys as a native map for hot loops", () => {
    const map = new KeyMap<unknown, number>().set("a", 1).set([1], 2);
    expect([...map.primitives]).toEqual([["a", 1]]);
  });

  test("is not harmed by a caller who changes a key after setting it", () => {
    const route = { from: "SEA", stops: ["PDX"], days: new Date(1), raw: new Uint8Array([1]) };
    const map = new KeyMap<unknown, number>().set(route, 1);
    route.stops.push("SFO");
    route.days.setTime(2);
    route.raw[0] = 2;
    const original = { from: "SEA", stops: ["PDX"], days: new Date(1), raw: new Uint8Array([1]) };
    expect([...map.keys()]).toEqual([original]);
    expect(map.get(original)).toBe(1);
    expect(map.has(route)).toBe(false);
  });

  test("hands out frozen keys, and shares a key that is frozen all through", () => {
    const frozen = Object.freeze(["SEA", Object.freeze({ to: "LAX" })]);
    const map = new KeyMap<unknown, number>().set(frozen, 1).set(["a", { b: 1 }], 2);
    const [first, second] = [...map.keys()];
    expect(first).toBe(frozen);
    expect(Object.isFrozen(second)).toBe(true);
    expect(Object.isFrozen((second as unknown[])[1])).toBe(true);
  });

  test("keeps the class of bytes and the __proto__ property of a key", () => {
    const key = [Buffer.from("x"), new Uint8Array([1]), JSON.parse('{"__proto__":1}')];
    const [kept] = [...new KeyMap<unknown, number>().set(key, 1).keys()] as [unknown[]];
    expect(Buffer.isBuffer(kept[0])).toBe(true);
    expect(Buffer.isBuffer(kept[1])).toBe(false);
    expect(Object.keys(kept[2] as object)).toEqual(["__proto__"]);
  });

  test("update sees the present value and sets what its function returns", () => {
    const map = new KeyMap<unknown, number>();
    for (const key of ["a", [1], "a", [1], [1]]) map.update(key, (value) => (value ?? 0) + 1);
    expect([...map]).toEqual([
      ["a", 2],
      [[1], 3],
    ]);
  });

  test("update survives a function that changes the map or throws", () => {
    const map = new KeyMap<unknown, number>().set([1], 1);
    map.update([1], () => {
      map.clear();
      return 2;
    });
    expect([...map]).toEqual([[[1], 2]]);
    expect(() =>
      map.update([2], () => {
        throw new Error("no");
      }),
    ).toThrow("no");
    expect(map.size).toBe(1);
  });

  test("refuses what cannot be a key in every method", () => {
    const map = new KeyMap<unknown, number>();
    const refusal = expect.objectContaining({ code: "key_unsupported" });
    for (const key of [() => 1, Symbol("s"), new Map(), new Date(Number.NaN)]) {
      expect(() => map.get(key)).toThrowError(refusal);
      expect(() => map.has(key)).toThrowError(refusal);
      expect(() => map.set(key, 1)).toThrowError(refusal);
      expect(() => map.update(key, () => 1)).toThrowError(refusal);
      expect(() => map.delete(key)).toThrowError(refusal);
    }
    expect(map.size).toBe(0);
  });

  test("behaves as a native map from canonical texts, whatever is done to it", () => {
    const action = fc.record({
      kind: fc.constantFrom("set", "delete", "get", "clear"),
      key: fc.integer({ min: 0, max: 4 }),
      value: fc.integer(),
    });
    fc.assert(
      fc.property(fc.array(keyArbitrary, { minLength: 5, maxLength: 5 }), fc.array(action), run),
    );
  });
});

interface Action {
  kind: string;
  key: number;
  value: number;
}

/** Does the same to both, and gives what each answered. */
function act(
  { kind, value }: Action,
  key: unknown,
  map: KeyMap<unknown, number>,
  model: Map<string, number>,
): [unknown, unknown] {
  const text = encodeKey(key);
  if (kind === "set") return [map.set(key, value).size, model.set(text, value).size];
  if (kind === "delete") return [map.delete(equalTwin(key)), model.delete(text)];
  if (kind === "clear" && value % 4 === 0) return [map.clear(), model.clear()];
  return [map.has(equalTwin(key)), model.has(text)];
}

function run(keys: unknown[], actions: Action[]): void {
  const map = new KeyMap<unknown, number>();
  const model = new Map<string, number>();
  for (const action of actions) {
    const key = keys[action.key];
    const [answer, expected] = act(action, key, map, model);
    expect(answer).toBe(expected);
    expect(map.get(equalTwin(key))).toBe(model.get(encodeKey(key)));
    expect(map.size).toBe(model.size);
  }
  const entries = new Map([...map].map(([key, value]) => [encodeKey(key), value]));
  expect(entries).toEqual(model);
}
