export type { NumberedEvent } from "../recovery/index.ts";
export type { LogDamage } from "../wal/index.ts";
export { type Difference, type DiffOptions, diffCheckpoints } from "./checkpoint-diff.ts";
export { type CheckpointSummary, listCheckpoints } from "./checkpoint-list.ts";
export {
  type ApplicationReport,
  type BatchReport,
  type DirectoryReport,
  reportApplication,
  reportDirectory,
  type SnapshotReport,
  type SourceReport,
  type StartReport,
  type StreamReport,
} from "./directory-report.ts";
export { type Diagnosis, type DoctorOptions, examine, type Machine } from "./doctor.ts";
export {
  InspectedDirectory,
  type Moment,
  newestSnapshot,
  presentOf,
} from "./inspected-directory.ts";
export {
  catSegment,
  damageText,
  type FrameReport,
  findSegment,
  isTear,
  type LogName,
  listSegments,
  reportSegment,
  type SegmentReport,
  type SegmentSummary,
} from "./log-report.ts";
export type { LoggedBlock } from "./logged-block.ts";
export { nearest } from "./nearest.ts";
export { type InspectOptions, openToChange, openToLook } from "./open-as-found.ts";
export {
  type Reachability,
  reachabilityOf,
  reportSpace,
  type SpaceReport,
} from "./reachability.ts";
export {
  type ExportedRow,
  type ExportedState,
  exportAvro,
  exportCsv,
  exportNdjson,
  exportRows,
} from "./state-export.ts";
export { type FoundKey, type KeyVersion, keyHistory, lookUpKey } from "./state-lookup.ts";
export {
  byteCountOf,
  type EntryFilter,
  pathOf,
  prefixFilter,
  type RankedEntry,
  Ranking,
  whereFilter,
} from "./state-query.ts";
export { reportStates, type StateReport, type StateReportOptions } from "./state-report.ts";
export {
  heldKeysMax,
  type KeyedEntry,
  newestChain,
  type ScanOptions,
  type ScanProgress,
  scanChain,
  wholeChain,
} from "./state-scan.ts";
export {
  fromJson,
  type Json,
  keyOfText,
  keyText,
  toJson,
  valueOfText,
  valueText,
} from "./value-notation.ts";
export { type Finding, type VerifyProgress, verifyDirectory } from "./verify.ts";
