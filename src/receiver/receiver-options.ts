/**
 * Owns: the options of receivers, their defaults and their limits.
 */
import { StreamError } from "../base/index.ts";

/** How receivers of a context cut, limit and hold what they receive. */
export interface ReceiverOptions {
  /** How often the records stored one by one are cut into a block (default 200). */
  readonly blockIntervalMs?: number | undefined;
  /** Blocks that may wait to be stored, per receiver (default 10). */
  readonly blockQueueSize?: number | undefined;
  /** Records per second and receiver, for records stored one by one (default: no limit). */
  readonly maxRate?: number | undefined;
  /** The rate before the first estimate (default: `maxRate`). */
  readonly initialRate?: number | undefined;
  /** The pause before a receiver is started again (default 2000). */
  readonly restartDelayMs?: number | undefined;
  /** How long the storing of one block may take (default 30,000). */
  readonly blockStoreTimeoutMs?: number | undefined;
  /** How long a receiver that restarts is waited for in `onStop` (default 10,000). */
  readonly onStopTimeoutMs?: number | undefined;
  /**
   * Records of all receivers that may be received and not yet in a completed batch (default
   * 1,000,000).
   */
  readonly unprocessedRecordsMax?: number | undefined;
  /**
   * The same for the bytes of blocks that come as bytes, whose records nobody counts (default 256
   * MiB).
   */
  readonly unprocessedBytesMax?: number | undefined;
}

/** The options with nothing left open; rates that limit nothing are Infinity. */
export type ReceiverSettings = {
  readonly [Name in keyof ReceiverOptions]-?: number;
};

/** Fills in the defaults; throws `argument_invalid`. */
export function receiverSettings(options: ReceiverOptions): ReceiverSettings {
  const maxRate = positive("maxRate", options.maxRate ?? Number.POSITIVE_INFINITY);
  const initialRate = positive("initialRate", options.initialRate ?? maxRate);
  return {
    blockIntervalMs: positive("blockIntervalMs", options.blockIntervalMs ?? 200),
    blockQueueSize: count("blockQueueSize", options.blockQueueSize ?? 10),
    maxRate,
    initialRate: Math.min(initialRate, maxRate),
    restartDelayMs: orZero("restartDelayMs", options.restartDelayMs ?? 2000),
    blockStoreTimeoutMs: positive("blockStoreTimeoutMs", options.blockStoreTimeoutMs ?? 30_000),
    onStopTimeoutMs: positive("onStopTimeoutMs", options.onStopTimeoutMs ?? 10_000),
    unprocessedRecordsMax: count(
      "unprocessedRecordsMax",
      options.unprocessedRecordsMax ?? 1_000_000,
    ),
    unprocessedBytesMax: count("unprocessedBytesMax", options.unprocessedBytesMax ?? 2 ** 28),
  };
}

function positive(argument: string, value: number): number {
  return checked(argument, value, value > 0, "a number above 0");
}

function orZero(argument: string, value: number): number {
  return checked(argument, value, value >= 0, "a number from 0 up");
}

function count(argument: string, value: number): number {
  const holds = value === Number.POSITIVE_INFINITY || (Number.isSafeInteger(value) && value > 0);
  return checked(argument, value, holds, "a whole number above 0");
}

function checked(argument: string, value: number, holds: boolean, expected: string): number {
  if (!holds) throw new StreamError("argument_invalid", { argument, value, expected });
  return value;
}
