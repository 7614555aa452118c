import { isDeepStrictEqual } from "node:util";
import fc from "fast-check";

const primitive = fc.oneof(
  fc.constantFrom<unknown>(undefined, null, true, false, 0, -0, 1, -1, Number.NaN, "", "1", 1n),
  fc.constantFrom<unknown>(
    Infinity,
    -Infinity,
    2 ** 31,
    -(2 ** 31),
    2 ** 53,
    "\ud800",
    "é",
    "__proto__",
  ),
  fc.integer(),
  fc.double(),
  fc.bigInt(),
  fc.string({ unit: "binary" }),
);

/** Keys of every supported type, with many near misses among them. */
export const keyArbitrary: fc.Arbitrary<unknown> = fc.letrec<{ key: unknown }>((tie) => ({
  key: fc.oneof(
    { maxDepth: 3, withCrossShrink: true },
    primitive,
    fc.date({ noInvalidDate: true }),
    fc.uint8Array({ maxLength: 4 }),
    fc.array(tie("key"), { maxLength: 3 }),
    fc.dictionary(fc.constantFrom("a", "b", '"', "__proto__", "é"), tie("key"), { maxKeys: 3 }),
  ),
})).key;

/**
 * An equal key that shares nothing with it: the properties in the opposite order, zeros of the
 * other sign.
 */
export function equalTwin(key: unknown): unknown {
  if (key === 0) return Object.is(key, -0) ? 0 : -0;
  if (typeof key !== "object" || key === null) return key;
  if (Array.isArray(key)) return key.map(equalTwin);
  if (key instanceof Date) return new Date(key.getTime());
  if (key instanceof Uint8Array) return Buffer.from(key);
  return Object.fromEntries(
    Object.entries(key)
      .reverse()
      .map(([name, value]) => [name, equalTwin(value)]),
  );
}

/**
 * Equality by the rules, written without the encoding: Node's deep equality once zeros and bytes
 * look alike.
 */
export function keysEqual(a: unknown, b: unknown): boolean {
  return isDeepStrictEqual(normal(a), normal(b));
}

function normal(key: unknown): unknown {
  if (key === 0) return 0;
  if (typeof key !== "object" || key === null || key instanceof Date) return key;
  if (Array.isArray(key)) return key.map(normal);
  if (key instanceof Uint8Array) return new Uint8Array(key);
  return Object.fromEntries(Object.entries(key).map(([name, value]) => [name, normal(value)]));
}
