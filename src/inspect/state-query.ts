/**
 * Owns: which keys of a state are asked for: by a beginning, by comparisons of parts of key and value, and the largest.
 * Does not own: reading states (state-scan.ts), the arguments of a command line (src/cli).
 */
import { StreamError } from "../base/index.ts";
import { encodeValue } from "../codec/index.ts";
import type { KeyedEntry } from "./state-scan.ts";
import { keyOfText, keyText, valueText } from "./value-notation.ts";

/** Whether an entry is asked for. */
export type EntryFilter = (entry: KeyedEntry) => boolean;

/** Whether the text of a key, as it is printed, begins so; a text key is meant without its quotes. */
export function prefixFilter(prefix: string): EntryFilter {
  return ({ key }) => (typeof key === "string" ? key : keyText(key)).startsWith(prefix);
}

const comparison = /^\s*(key|value)((?:\.[\w$-]+|\[\d+\])*)\s*(<=|>=|!=|=|<|>|~)\s*(\S.*?)\s*$/s;

/**
 * One comparison, as `value.total >= 10`, `key[0] = "JFK"`, `value ~ late` (contains). Throws `notation_invalid`.
 */
export function whereFilter(text: string): EntryFilter {
  const match = comparison.exec(text);
  if (match === null) {
    const expected = "key or value, with .name and [index], then = != < <= > >= or ~, then a value";
    throw new StreamError("notation_invalid", { where: text, expected });
  }
  const [, side = "value", path = "", operator = "=", operand = ""] = match;
  const steps = stepsOf(path);
  const wanted = keyOfText(operand);
  return (entry) => {
    const found = partOf(side === "key" ? entry.key : entry.value, steps);
    return found.isThere && holds(found.part, operator, wanted, operand);
  };
}

/** The part of a value that a path such as `.total` or `[0].name` leads to, for `top`. Throws `notation_invalid`. */
export function pathOf(text: string): (entry: KeyedEntry) => unknown {
  const match = /^(key|value)((?:\.[\w$-]+|\[\d+\])*)$/.exec(text.trim());
  if (match === null) {
    const expected = "key or value, with .name and [index]";
    throw new StreamError("notation_invalid", { by: text, expected });
  }
  const [, side = "value", path = ""] = match;
  const steps = stepsOf(path);
  return (entry) => partOf(side === "key" ? entry.key : entry.value, steps).part;
}

function stepsOf(path: string): readonly string[] {
  return [...path.matchAll(/\.([\w$-]+)|\[(\d+)\]/g)].map(([, name, index]) => name ?? index ?? "");
}

function partOf(
  whole: unknown,
  steps: readonly string[],
): { readonly isThere: boolean; readonly part: unknown } {
  let part = whole;
  for (const step of steps) {
    if (part instanceof Map) {
      if (!part.has(step)) return { isThere: false, part: undefined };
      part = part.get(step);
      continue;
    }
    if (typeof part !== "object" || part === null || !Object.hasOwn(part, step)) {
      return { isThere: false, part: undefined };
    }
    part = (part as Readonly<Record<string, unknown>>)[step];
  }
  return { isThere: true, part };
}

function holds(part: unknown, operator: string, wanted: unknown, operand: string): boolean {
  if (operator === "~") {
    const text = typeof part === "string" ? part : valueText(part);
    return text.includes(typeof wanted === "string" ? wanted : operand);
  }
  const order = orderOf(part, wanted);
  switch (operator) {
    case "=":
      return order === 0;
    case "!=":
      return order !== 0;
    case "<":
      return order !== undefined && order < 0;
    case "<=":
      return order !== undefined && order <= 0;
    case ">":
      return order !== undefined && order > 0;
    default:
      return order !== undefined && order >= 0;
  }
}

/** Numbers with bigints, dates also with texts of ISO 8601, texts with texts; all else is equal or it is not. */
function orderOf(part: unknown, wanted: unknown): number | undefined {
  const left = part instanceof Date ? part.getTime() : part;
  const right =
    part instanceof Date && typeof wanted === "string" ? Date.parse(wanted) : dateless(wanted);
  const areNumbers = isNumeric(left) && isNumeric(right);
  const areTexts = typeof left === "string" && typeof right === "string";
  if (areNumbers || areTexts)
    return left < right ? -1 : left > right ? 1 : left === right ? 0 : loose(left, right);
  return valueText(part) === valueText(wanted) ? 0 : undefined;
}

function dateless(value: unknown): unknown {
  return value instanceof Date ? value.getTime() : value;
}

function isNumeric(value: unknown): value is number | bigint {
  return typeof value === "number" || typeof value === "bigint";
}

/** 1 and 1n are equal in size; a NaN has no order. */
function loose(left: unknown, right: unknown): number | undefined {
  return Number(left) === Number(right) ? 0 : undefined;
}

/** An entry with what it was ranked by. */
export interface RankedEntry {
  readonly entry: KeyedEntry;
  readonly rank: number | bigint;
}

/** The bytes that a value takes in a snapshot of the default codec. */
export function byteCountOf({ value }: KeyedEntry): number {
  return encodeValue(value).length;
}

/** The entries of the highest rank, highest first, in memory for no more than `count` of them. */
export class Ranking {
  readonly #count: number;
  #entries: RankedEntry[] = [];
  /** Entries whose part is no number. */
  #unranked = 0;

  constructor(count: number) {
    this.#count = count;
  }

  add(entry: KeyedEntry, part: unknown): void {
    const rank = part instanceof Date ? part.getTime() : part;
    if (!isNumeric(rank) || Number.isNaN(rank)) this.#unranked += 1;
    else this.#entries.push({ entry, rank });
    if (this.#entries.length >= this.#count * 2 + 1000) this.#entries = this.#sorted();
  }

  get unranked(): number {
    return this.#unranked;
  }

  entries(): readonly RankedEntry[] {
    this.#entries = this.#sorted();
    return this.#entries;
  }

  #sorted(): RankedEntry[] {
    return this.#entries
      .toSorted((a, b) => (a.rank < b.rank ? 1 : a.rank > b.rank ? -1 : 0))
      .slice(0, this.#count);
  }
}
