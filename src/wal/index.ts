export { type DamageKind, damageError, type LogDamage, type SequenceRange } from "./damage.ts";
export { type FrameTransform, framePlace } from "./frame-place.ts";
export { type ReadFrameOptions, readFrame } from "./frame-reader.ts";
export { readBeginnings } from "./log-beginnings.ts";
export { type CleaningLimit, cleanLog } from "./log-cleaning.ts";
export type { CopyReport, LogEvent, LogFrame, LogLoss, SegmentReport } from "./log-events.ts";
export { fenceLog } from "./log-fence.ts";
export type { LogKind, SegmentFooter, SegmentHeader } from "./log-format.ts";
export {
  type LogFile,
  type LogListing,
  type LogPlace,
  type LogSide,
  listLog,
} from "./log-listing.ts";
export {
  blockLogNames,
  journalNames,
  type LogNames,
  parseBlockLogName,
  type SegmentIdentity,
} from "./log-names.ts";
export {
  type LogBound,
  type LogPlan,
  type LogPlanOptions,
  type PlannedCopy,
  type PlannedGap,
  type PlannedSegment,
  planLog,
} from "./log-plan.ts";
export { type ReadLogOptions, readLog } from "./log-reader.ts";
export { repairSegment } from "./log-repair.ts";
export type { LogPosition } from "./log-tail.ts";
export { type LogWriter, type LogWriterOptions, openLogWriter } from "./log-writer.ts";
export type {
  FrameAddress,
  SegmentEnd,
  SegmentEvent,
  SegmentExpectation,
  SegmentFrame,
} from "./segment-events.ts";
export { type ReadSegmentOptions, readSegment } from "./segment-reader.ts";
export {
  judgeLog,
  judgeTail,
  type LogVerdict,
  type TailCase,
  type TailVerdict,
  type Vouched,
} from "./tail-policy.ts";
