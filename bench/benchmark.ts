/** Owns: what a benchmark is, and what it tells. */
import type { Spread } from "./measure.ts";

/** One figure. */
export interface Figure {
  readonly name: string;
  /** "x" for a ratio. */
  readonly unit: "x" | "ms" | "MB" | "records/s";
  /** The median, and the quartiles; a figure that was measured once has only its value. */
  readonly value: Spread;
  readonly target?: { readonly atLeast: number } | { readonly atMost: number };
}

/** One benchmark; it runs in a process of its own. */
export interface Benchmark {
  readonly name: string;
  run(): Promise<readonly Figure[]>;
}

/** A figure that was measured once. */
export function once(value: number): Spread {
  return { median: value, low: value, high: value };
}

/** Whether the median meets the target; undefined where there is none. */
export function isMet({ target, value }: Figure): boolean | undefined {
  if (target === undefined) return undefined;
  return "atLeast" in target ? value.median >= target.atLeast : value.median <= target.atMost;
}
