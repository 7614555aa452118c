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
import type { LogBound, LogPlan } from "./log-plan.ts";

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
  | "copies_unreadable"
  | "open_between"
  | "segment_gap";

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
    default:
      return { kind: "damaged", name, because };
  }
}

/** How a log goes on. */
export type LogVerdict =
  | {
      readonly kind: "goes_on";
      /** What the next epoch has to seal: at most one segment of each epoch, in the order of the epochs. */
      readonly bounds: readonly (LogBound & { readonly epoch: number })[];
      /** Undefined where there is nothing yet. */
      readonly nextSegment: number | undefined;
      /** What was read from this number on was torn off, and counts for nothing; undefined where there is nothing yet. */
      readonly nextSequence: number | undefined;
      readonly isTorn: boolean;
    }
  | {
      readonly kind: "damaged";
      readonly name: TailCase;
      readonly segment: number;
      readonly because: readonly LogDamage[];
    };

/**
 * Judges a log that was read to its end. Several segments at its end may be open: of a driver that died, and of those that
 * died after it before their first frame, which would have sealed it. Frames below `vouchedUntil` had been durable.
 */
export function judgeLog(
  plan: LogPlan,
  reports: readonly SegmentReport[],
  vouchedUntil = 0,
): LogVerdict {
  const bounds: (LogBound & { epoch: number })[] = [];
  let isTorn = false;
  for (const [index, report] of reports.entries()) {
    const { damage: because, epoch, segment } = report;
    const isLast = index === reports.length - 1;
    const verdict = judgeTail(report, isLast ? { until: vouchedUntil } : {});
    if (verdict.kind === "damaged") return { ...verdict, segment };
    const hasFrames = report.sealed === "footer" || report.wholeLength > 0;
    if (bounds.length > 0 && hasFrames) {
      return { kind: "damaged", name: "open_between", segment, because };
    }
    if (verdict.kind !== "cut") continue;
    bounds.push({ ...verdict.bound, epoch });
    isTorn ||= verdict.name === "open_torn";
  }
  const gap = plan.parts.find((part) => "until" in part);
  if (gap !== undefined) {
    return { kind: "damaged", name: "segment_gap", segment: gap.from, because: [] };
  }
  const last = reports.at(-1);
  const nextSegment = last === undefined ? undefined : last.segment + 1;
  return { kind: "goes_on", bounds, nextSegment, nextSequence: last?.wholeUntil, isTorn };
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
