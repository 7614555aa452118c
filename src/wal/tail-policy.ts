/**
 * Owns: whether what is wrong with the end of a log is what a crash leaves, and where the log then ends. Pure.
 * Does not own: the reading (log-reader.ts), the cutting: nothing is truncated, the next epoch seals the segment at the length
 * that is given here, and the bytes behind it stay where they are.
 *
 * A crash tears only what was not durable yet: the last group of a segment without a footer. What of it is there may be there
 * in any order, so whole frames may stand behind torn ones. A frame tells how many before it were not durable when it was
 * written; so a frame that is there proves that others had been durable, and if one of those is lost, no crash has done it.
 */
import type { DamageKind, LogDamage } from "./damage.ts";
import type { SegmentReport } from "./log-events.ts";
import type { LogBound } from "./log-plan.ts";

/** What another durable record knows of this log. */
export interface Vouched {
  /** Frames below this sequence number had been durable. */
  readonly until?: number | undefined;
  /** The segment had this length. */
  readonly length?: number | undefined;
}

/** The cases, by name. */
export type TailCase =
  | "sealed_whole"
  | "open_whole"
  | "open_torn"
  | "sealed_broken"
  | "durable_lost"
  | "vouched_lost"
  | "copies_unreadable";

export type TailVerdict =
  | { readonly kind: "sealed"; readonly name: TailCase }
  /** It goes on in another segment, when this one is sealed at the bound; then `nextSequence` comes. */
  | {
      readonly kind: "cut";
      readonly name: TailCase;
      readonly bound: LogBound;
      readonly nextSequence: number | undefined;
    }
  | { readonly kind: "damaged"; readonly name: TailCase; readonly because: readonly LogDamage[] };

/** All that a crash may do to a segment that nobody had sealed. */
const leftByCrash: ReadonlySet<DamageKind> = new Set([
  "header_cut",
  "header_damaged",
  // The first bytes of a file may be anything, as long as they are not durable.
  "foreign",
  "frame_cut",
  "frame_damaged",
  "bytes_damaged",
  // The copies are made at the same time.
  "segment_missing",
]);

/** Judges a segment at the end of a log, or of an epoch's part of it. */
export function judgeTail(report: SegmentReport, vouched: Vouched = {}): TailVerdict {
  const { damage: because, segment, wholeLength, wholeUntil } = report;
  const name = caseOf(report, vouched);
  switch (name) {
    case "sealed_whole":
      return { kind: "sealed", name };
    case "open_whole":
    case "open_torn": {
      const bound = { segment, length: wholeLength };
      return { kind: "cut", name, bound, nextSequence: wholeUntil };
    }
    case "sealed_broken":
    case "durable_lost":
    case "vouched_lost":
    case "copies_unreadable":
      return { kind: "damaged", name, because };
  }
}

function caseOf(report: SegmentReport, vouched: Vouched): TailCase {
  const { copies, durableBelow = 0, sealed, wholeLength, wholeUntil = 0 } = report;
  if (sealed === "broken") return "sealed_broken";
  if (durableBelow > wholeUntil) return "durable_lost";
  if ((vouched.until ?? 0) > wholeUntil) return "vouched_lost";
  if ((vouched.length ?? 0) > wholeLength && sealed === "open") return "vouched_lost";
  if (sealed !== "open") return "sealed_whole";
  // What was durable is in each copy, so one that only a crash has touched tells where the log ends.
  const isTold = copies.some(({ damage }) => damage.every((kind) => leftByCrash.has(kind)));
  if (!isTold) return "copies_unreadable";
  return copies.every(({ damage }) => damage.length === 0) ? "open_whole" : "open_torn";
}
