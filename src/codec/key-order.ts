/**
 * Owns: the total order of keys (docs/format/keys.md): by type first, then by value.
 * Does not own: equality and text of keys (key-encoding.ts).
 */
import { keyDepthMax, keyTimeOf, keyTooDeep, keyUnsupported } from "./key-encoding.ts";
import { plainKindOf } from "./plain-kind.ts";

const rankOfType = {
  undefined: 0,
  null: 1,
  boolean: 2,
  number: 3,
  bigint: 4,
  string: 5,
  date: 6,
  bytes: 7,
  array: 8,
  object: 9,
} as const;

type Rank = (typeof rankOfType)[keyof typeof rankOfType];

/**
 * Negative, zero or positive as `a` comes before, equals or comes after `b`: zero exactly when the
 * keys are equal. Types come in the order undefined, null, boolean, number (NaN last), bigint,
 * string (by code unit), date, bytes, array, object. Throws `key_unsupported` for what cannot be a
 * key.
 */
export function compareKeys(a: unknown, b: unknown): number {
  return compareAt(a, b, 0);
}

function compareAt(a: unknown, b: unknown, depth: number): number {
  if (typeof a === "number" && typeof b === "number") return compareNumbers(a, b);
  if (typeof a === "string" && typeof b === "string") return compareOrdered(a, b);
  const rank = rankOf(a);
  const otherRank = rankOf(b);
  return rank === otherRank ? compareWithin(rank, a, b, depth) : rank - otherRank;
}

function compareWithin(rank: Rank, a: unknown, b: unknown, depth: number): number {
  if (depth === keyDepthMax) throw keyTooDeep();
  switch (rank) {
    case rankOfType.boolean:
      return Number(a) - Number(b);
    case rankOfType.bigint:
      return compareOrdered(a as bigint, b as bigint);
    case rankOfType.date:
      return compareOrdered(keyTimeOf(a as Date), keyTimeOf(b as Date));
    case rankOfType.bytes:
      return compareBytes(a as Uint8Array, b as Uint8Array);
    case rankOfType.array:
      return compareArrays(a as readonly unknown[], b as readonly unknown[], depth + 1);
    case rankOfType.object:
      return compareObjects(a as KeyObject, b as KeyObject, depth + 1);
    default:
      return 0;
  }
}

type KeyObject = Readonly<Record<string, unknown>>;

function rankOf(key: unknown): Rank {
  switch (typeof key) {
    case "undefined":
    case "boolean":
    case "number":
    case "bigint":
    case "string":
      return rankOfType[typeof key as "undefined" | "boolean" | "number" | "bigint" | "string"];
    case "object":
      return key === null ? rankOfType.null : rankOfComposite(key);
    default:
      throw keyUnsupported(key);
  }
}

function rankOfComposite(key: object): Rank {
  const kind = plainKindOf(key);
  if (kind === "array" || kind === "object" || kind === "date" || kind === "bytes") {
    return rankOfType[kind];
  }
  throw keyUnsupported(key);
}

function compareOrdered<T extends string | bigint | number>(a: T, b: T): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

function compareNumbers(a: number, b: number): number {
  if (a < b) return -1;
  if (a > b) return 1;
  return a === b ? 0 : Number(Number.isNaN(a)) - Number(Number.isNaN(b));
}

function compareBytes(a: Uint8Array, b: Uint8Array): number {
  const shared = Math.min(a.length, b.length);
  for (let index = 0; index < shared; index += 1) {
    const difference = (a[index] ?? 0) - (b[index] ?? 0);
    if (difference !== 0) return difference;
  }
  return a.length - b.length;
}

function compareArrays(a: readonly unknown[], b: readonly unknown[], depth: number): number {
  const shared = Math.min(a.length, b.length);
  for (let index = 0; index < shared; index += 1) {
    const difference = compareAt(a[index], b[index], depth);
    if (difference !== 0) return difference;
  }
  return a.length - b.length;
}

/** As the arrays of their [name, value], the names in ascending order. */
function compareObjects(a: KeyObject, b: KeyObject, depth: number): number {
  const names = Object.keys(a).sort();
  const otherNames = Object.keys(b).sort();
  const shared = Math.min(names.length, otherNames.length);
  for (let index = 0; index < shared; index += 1) {
    const name = names[index] ?? "";
    const otherName = otherNames[index] ?? "";
    const difference = compareOrdered(name, otherName) || compareAt(a[name], b[otherName], depth);
    if (difference !== 0) return difference;
  }
  return names.length - otherNames.length;
}
