export { type DamageKind, damageError, type LogDamage, type SequenceRange } from "./damage.ts";
export type { LogKind, SegmentFooter, SegmentHeader } from "./log-format.ts";
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
