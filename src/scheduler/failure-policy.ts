/** Owns: what becomes of a batch whose work failed. Decisions only. */
import { type ErrorCode, StreamError } from "../base/index.ts";
import type { InputInfo } from "../core/index.ts";

/** What failed in a batch for good. */
export interface BatchFailure {
  /** In ms since the epoch. */
  readonly batchTime: number;
  /** The outputs that were given up, by uid; a batch that could not be made at all has none. */
  readonly outputs: readonly { readonly uid: string; readonly error: unknown }[];
  /** The first error. */
  readonly error: unknown;
  readonly inputs: readonly InputInfo[];
  /**
   * The stateful operators, by uid, whose state has the data of the batch all the same: it had come about when something
   * else failed. Whoever sends the data again counts them twice there.
   */
  readonly keptBy: readonly string[];
  /** The records that the batch was given, by input stream, as far as they can be read. */
  readInputs(): Promise<ReadonlyMap<number, readonly unknown[]>>;
}

/**
 * What to do with a batch that failed for good: `stop` the context; hand it to a dead-letter function and go on without
 * it; or `continue` with later batches, while a state that did not come about waits and is tried again with each of them.
 */
export type OnFailure =
  | "stop"
  | "continue"
  | { readonly deadLetter: (failure: BatchFailure) => void | Promise<void> };

/** What the scheduler does next about a failed batch. */
export type FailureDecision =
  | { readonly do: "retry" }
  | { readonly do: "stop" }
  | { readonly do: "continue" }
  | {
      readonly do: "dead letter";
      readonly deliver: (failure: BatchFailure) => void | Promise<void>;
    };

/** The codes that say that another driver has this one's place: whatever is done next is that one's to do. */
const superseded: ReadonlySet<ErrorCode> = new Set(["sink_fenced", "epoch_superseded"]);

/** Whether an error, or what stands behind it, says that another driver has taken over. */
export function isSuperseded(error: unknown): boolean {
  for (let cause = error; cause instanceof StreamError; cause = cause.cause) {
    if (superseded.has(cause.code)) return true;
  }
  return false;
}

/** How often something was tried, and why no more. */
export interface Tries {
  readonly attempts: number;
  readonly attemptsMax: number;
  readonly cancelled: boolean;
  /** Another driver goes on with the batches of this one. */
  readonly superseded: boolean;
}

/** Decides about a failure after `attempts` tries; one that was cancelled or superseded is never tried again. */
export function decideFailure(onFailure: OnFailure, tries: Tries): FailureDecision {
  if (tries.cancelled || tries.superseded) return { do: "stop" };
  if (tries.attempts < tries.attemptsMax) return { do: "retry" };
  if (typeof onFailure === "object") return { do: "dead letter", deliver: onFailure.deadLetter };
  return { do: onFailure };
}
