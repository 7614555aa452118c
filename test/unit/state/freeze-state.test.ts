import assert from "node:assert/strict";
import { deserialize, serialize } from "node:v8";
import { describe, expect, test } from "vitest";
import { freezeState } from "../../../src/state/index.ts";

describe("freezeState", () => {
  test("gives back the same value", () => {
    const value = { a: 1 };
    expect(freezeState(value)).toBe(value);
    for (const primitive of [1, "a", null, undefined, true, 1n, Symbol.iterator]) {
      expect(freezeState(primitive)).toBe(primitive);
    }
  });

  test("freezes objects, arrays and instances of classes all through", () => {
    class Stats {
      count = 0;
      readonly worst: number[] = [];
    }
    const value = {
      stats: new Stats(),
      list: [{ deep: { deeper: 1 } }],
      bare: Object.create(null),
    };
    freezeState(value);
    expect(() => (value.stats.count += 1)).toThrow(TypeError);
    expect(() => value.stats.worst.push(1)).toThrow(TypeError);
    expect(() => (value.list[0]!.deep.deeper = 2)).toThrow(TypeError);
    expect(() => value.list.push({ deep: { deeper: 2 } })).toThrow(TypeError);
    expect(() => (value.bare.x = 1)).toThrow(TypeError);
  });

  test.each<[string, object, (value: never) => unknown]>([
    ["set of a Map", new Map([[1, 2]]), (map: Map<number, number>) => map.set(1, 3)],
    ["delete of a Map", new Map([[1, 2]]), (map: Map<number, number>) => map.delete(1)],
    ["clear of a Map", new Map([[1, 2]]), (map: Map<number, number>) => map.clear()],
    ["add of a Set", new Set([1]), (set: Set<number>) => set.add(2)],
    ["delete of a Set", new Set([1]), (set: Set<number>) => set.delete(1)],
    ["clear of a Set", new Set([1]), (set: Set<number>) => set.clear()],
    ["setTime of a Date", new Date(5), (date: Date) => date.setTime(6)],
    ["setUTCFullYear of a Date", new Date(5), (date: Date) => date.setUTCFullYear(2_000)],
  ])("makes %s throw a TypeError that says what to do", (name, value, mutate) => {
    const before = structuredClone(value);
    freezeState(value);
    expect(() => mutate(value as never)).toThrow(TypeError);
    expect(() => mutate(value as never)).toThrow(
      `cannot call ${name.replace("of a", "of this")}: a state value is read-only: return a new value`,
    );
    assert.deepEqual(value, before);
  });

  test("freezes the keys and values of Maps and the elements of Sets", () => {
    const [key, value, element] = [{ k: 1 }, { v: 1 }, { e: 1 }];
    freezeState({ map: new Map([[key, value]]), set: new Set([element]) });
    expect([key, value, element].every((object) => Object.isFrozen(object))).toBe(true);
  });

  test("leaves Maps, Sets and Dates equal to themselves, readable and serializable", () => {
    const make = () => ({ map: new Map([["a", [1]]]), set: new Set([1]), date: new Date(5) });
    const frozen = freezeState(make());
    assert.deepEqual(frozen, make());
    assert.deepEqual(deserialize(serialize(frozen)), make());
    assert.deepEqual(new Map(frozen.map).set("b", [2]).size, 2);
    expect(frozen.date.getTime()).toBe(5);
  });

  test("ends where something is frozen already", () => {
    const inner = { changing: 1 };
    freezeState({ frozen: Object.freeze({ inner }) });
    expect(Object.isFrozen(inner)).toBe(false);
  });

  test("takes a Map to which nothing can be added", () => {
    const map = Object.preventExtensions(new Map([[1, 2]]));
    expect(freezeState(map).get(1)).toBe(2);
  });

  test("goes through cycles, things met twice and long lists", () => {
    const shared = new Map([[1, {}]]);
    const cyclic: Record<string, unknown> = { twice: [shared, shared], again: shared };
    cyclic.self = cyclic;
    expect(Object.isFrozen(freezeState(cyclic))).toBe(true);
    let list: { next: unknown } = { next: undefined };
    const last = list;
    for (let length = 0; length < 100_000; length += 1) list = { next: list };
    freezeState(list);
    expect(Object.isFrozen(last)).toBe(true);
  });

  test("leaves typed arrays, views and buffers as they are", () => {
    const value = { bytes: new Uint8Array([1]), view: new DataView(new ArrayBuffer(1)) };
    freezeState(value);
    value.bytes[0] = 2;
    value.view.setUint8(0, 3);
    expect([value.bytes[0], value.view.getUint8(0)]).toEqual([2, 3]);
  });
});
