/** Copies that a reducer may change. */
import { describe, expect, test } from "vitest";
import { changeRefused, privateCopy } from "../../../../src/core/rdd/private-copy.ts";

class Point {
  x = 1;
}

describe("a private copy", () => {
  const values: Record<string, () => object> = {
    "a flat object": () => ({ n: 1, text: "a", none: undefined }),
    "an object without prototype": () => Object.assign(Object.create(null), { n: 1 }) as object,
    "an object by symbol": () => ({ [Symbol.for("n")]: 1 }),
    "arrays in arrays": () => [[1, 2], [[3]]],
    "objects in objects": () => ({ a: { b: [{ c: 1 }] } }),
    "a Map": () => new Map<unknown, unknown>([["a", { n: 1 }]]),
    "a Set": () => new Set<unknown>([1, { n: 1 }]),
    "a Date": () => new Date(5),
    bytes: () => Uint8Array.of(1, 2, 3),
    numbers: () => Float64Array.of(1, 2, 3),
    "a Buffer": () => Buffer.from("abc"),
    "a DataView": () => new DataView(Uint8Array.of(0, 1, 2, 3).buffer, 1, 2),
  };

  test.each(Object.entries(values))("of %s equals it and shares nothing with it", (_name, make) => {
    const value = make();
    const copy = privateCopy(value);
    expect(copy).toEqual(value);
    expect(copy).not.toBe(value);
    expect(Object.getPrototypeOf(copy)).toBe(Object.getPrototypeOf(value));
    for (const shared of objectsWithin(value)) expect(objectsWithin(copy)).not.toContain(shared);
    if (value instanceof Buffer) expect((copy as Buffer).buffer).not.toBe(value.buffer);
  });

  test("of what refers to itself refers to itself", () => {
    interface Node {
      name: string;
      readonly children: Node[];
      parent?: Node;
    }
    const root: Node = { name: "root", children: [] };
    for (let index = 0; index < 50; index++) {
      root.children.push({ name: `${index}`, children: [], parent: root });
    }
    const copy = privateCopy(root);
    expect(copy.children[7]?.parent).toBe(copy);
    expect(root.children[7]?.parent).toBe(root);
  });

  test("of a list that is linked thousands of times does not overflow the stack", () => {
    let list: { next: unknown } = { next: null };
    for (let index = 0; index < 50_000; index++) list = { next: list };
    expect(() => privateCopy(list)).not.toThrow();
  });

  test.each([
    ["an instance of a class", () => new Point()],
    ["an instance within plain data", () => ({ point: new Point() })],
    ["a matched text", () => /a/.exec("bab") as object],
  ])("of %s has the very instance, frozen", (_name, make) => {
    const value: unknown = make();
    const copy = privateCopy(value);
    const instance = isPlain(copy) ? copy["point"] : copy;
    expect(instance).toBe(isPlain(value) ? value["point"] : value);
    expect(Object.isFrozen(instance)).toBe(true);
  });

  test("of a primitive is that", () => {
    for (const value of [1, "a", null, undefined, 1n]) expect(privateCopy(value)).toBe(value);
  });
});

test("only the refusal of a change is told as one", () => {
  const thrown = (change: () => unknown): unknown => {
    try {
      return change();
    } catch (error) {
      return error;
    }
  };
  const frozen = privateCopy(new Point());
  const list = Object.freeze([1]) as number[];
  for (const change of [() => (frozen.x = 2), () => list.push(2), () => list.pop()]) {
    expect(changeRefused(thrown(change))).toMatchObject({ code: "shared_value_changed" });
  }
  const other = new TypeError("x is not a function");
  expect(changeRefused(other)).toBe(other);
});

function isPlain(value: unknown): value is Record<string, unknown> {
  return Object.getPrototypeOf(value) === Object.prototype;
}

function objectsWithin(value: unknown, found: object[] = []): object[] {
  if (typeof value !== "object" || value === null) return found;
  found.push(value);
  const parts = value instanceof Map || value instanceof Set ? [...value] : Object.values(value);
  for (const part of parts) objectsWithin(part, found);
  return found.filter((object) => !(value instanceof Map && Array.isArray(object)));
}
