/**
 * Owns: reading a log as it was planned: the frames of all segments in their order, and all that is damaged or lost.
 * Does not own: the copies of one segment (segment-union.ts), which files there are (log-plan.ts), what damage means
 * (tail-policy.ts).
 *
 * I1. A frame is given once, in ascending sequence; before it comes, a loss tells which ones no copy has.
 * I2. Memory holds a frame and a piece of each copy of one segment.
 */
import type { Store } from "../store/index.ts";
import type { DamageKind, LogDamage } from "./damage.ts";
import type { FrameTransform } from "./frame-place.ts";
import type { LogEvent, SegmentReport } from "./log-events.ts";
import type { LogKind } from "./log-format.ts";
import type { LogPlan, PlannedGap, PlannedSegment } from "./log-plan.ts";
import { SegmentUnion } from "./segment-union.ts";

export interface ReadLogOptions {
  readonly kind: LogKind;
  /** Makes of what is stored what was appended (default: it is the same). */
  readonly decode?: FrameTransform | undefined;
  /** The sequence number of the first frame that has to be there (default: whichever comes first). */
  readonly firstSequence?: number | undefined;
}

/**
 * Reads a log. Rejects where the store cannot be asked, and with `log_damaged` where a frame that is as it was written
 * cannot be decoded; all else that is wrong is told.
 */
export async function* readLog(
  store: Pick<Store, "readRange">,
  plan: LogPlan,
  options: ReadLogOptions,
): AsyncGenerator<LogEvent, void, undefined> {
  let nextSequence = options.firstSequence;
  let before: readonly LogDamage[] = [];
  let open: PlannedSegment | undefined;
  for (const part of plan.parts) {
    if (isGap(part)) {
      const damage = missing(part, nextSequence);
      before = [damage];
      yield { kind: "damage", segment: part.from, damage };
      continue;
    }
    // A writer seals a segment before it begins the next one, whatever became of that.
    if (open?.epoch === part.epoch) yield unsealed(open);
    if (open?.epoch === part.epoch) open = undefined;
    const union = new SegmentUnion(store, part, { ...options, nextSequence, before });
    for await (const event of union.read()) {
      // A later epoch may have died before its first frame; but that frame seals what came before.
      if (event.kind === "frame" && open !== undefined) yield unsealed(open);
      if (event.kind === "frame") open = undefined;
      if (event.kind === "segment" && isOpen(event.report)) open = part;
      yield event;
    }
    nextSequence = union.nextSequence;
    before = union.openDamage;
  }
  const last = plan.parts.at(-1);
  if (last === undefined || !isGap(last)) return;
  const lost = missing(last, nextSequence).lost;
  yield { kind: "loss", loss: { segment: last.from, lost, because: before } };
}

/** Nobody knows whether a segment is sealed whose end was not reached. */
function isOpen({ copies, sealed }: SegmentReport): boolean {
  const isRead = copies.some(({ damage }) => !damage.some((kind) => unread.has(kind)));
  return sealed === "open" && isRead;
}

const unread: ReadonlySet<DamageKind> = new Set(["segment_missing", "segment_unreadable"]);

function isGap(part: PlannedSegment | PlannedGap): part is PlannedGap {
  return "until" in part;
}

function missing({ file, from, until }: PlannedGap, next: number | undefined): LogDamage {
  const count = until - from;
  return {
    kind: "segment_missing",
    file,
    offset: 0,
    byteCount: undefined,
    why:
      count === 1 ? "there is no such file" : `it and ${count - 1} segments after it are missing`,
    lost: next === undefined ? undefined : { from: next, until: undefined },
  };
}

function unsealed({ copies, segment }: PlannedSegment): LogEvent {
  const damage: LogDamage = {
    kind: "segment_unsealed",
    file: copies[0]?.file ?? "",
    offset: 0,
    byteCount: undefined,
    why: "another segment follows, and it has no footer",
    lost: undefined,
  };
  return { kind: "damage", segment, damage };
}
