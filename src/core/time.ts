/** Owns: durations and the arithmetic of batch times. A batch time is a number, in ms since the epoch. */
import { StreamError } from "../base/index.ts";

declare const durationBrand: unique symbol;

/** A span of time in whole milliseconds, made by `milliseconds`, `seconds` or `minutes`. */
export type Duration = number & { readonly [durationBrand]: true };

/** A duration of `count` milliseconds; throws `duration_invalid` unless it is a positive whole number. */
export function milliseconds(count: number): Duration {
  return duration(count, "milliseconds");
}

/** A duration of `count` seconds; throws `duration_invalid` unless it is a positive whole number of milliseconds. */
export function seconds(count: number): Duration {
  return duration(count * 1000, "seconds");
}

/** A duration of `count` minutes; throws `duration_invalid` unless it is a positive whole number of milliseconds. */
export function minutes(count: number): Duration {
  return duration(count * 60_000, "minutes");
}

/** Checks a duration that came as a plain number (from JavaScript, or from configuration). */
export function duration(ms: number, what: string): Duration {
  if (!Number.isSafeInteger(ms) || ms <= 0) throw new StreamError("duration_invalid", { what, ms });
  return ms as Duration;
}

/** Whether `ms` is a whole multiple of `unitMs`. */
export function isMultipleOf(ms: number, unitMs: number): boolean {
  return ms % unitMs === 0;
}

/** The last time on the grid zeroTime + k x unit that is not after `timeMs`. */
export function floorToGrid(timeMs: number, unitMs: number, zeroTimeMs = 0): number {
  return Math.floor((timeMs - zeroTimeMs) / unitMs) * unitMs + zeroTimeMs;
}

/** The first time on the grid zeroTime + k x unit that is after `timeMs`. */
export function nextOnGrid(timeMs: number, unitMs: number, zeroTimeMs = 0): number {
  return floorToGrid(timeMs, unitMs, zeroTimeMs) + unitMs;
}
