export { countedTasksName } from "./accumulator-totals.ts";
export { type BlockLogOptions, openBlockLog } from "./block-log.ts";
export { checkpointOf, inputStatesOf, type LifeFacts } from "./checkpoint-content.ts";
export { type CheckpointCompleted, Checkpointer } from "./checkpointer.ts";
export { Cleaner, carryingVersions, chainOf, outputsAfter, restorableVersions } from "./cleaner.ts";
export {
  type BatchProgressState,
  DriverKnowledge,
  type KnowledgeState,
} from "./driver-knowledge.ts";
export { DriverLife, type DurableMedium } from "./driver-life.ts";
export { type DriverLock, type LockKind, takeLock, waitForLock } from "./driver-lock.ts";
export {
  type EpochRecord,
  holderIn,
  holderOf,
  newestEpoch,
  readEpoch,
} from "./epochs.ts";
export { decodeEvent } from "./journal-codec.ts";
export type { JournalEvent } from "./journal-events.ts";
export type { JournalReading, NumberedEvent } from "./journal-reading.ts";
export { blockLogDirectory, journalDirectories } from "./layout.ts";
export { type DownSpan, downSpans, type LeftBatch, leftBatches } from "./left-batches.ts";
export {
  type DecodeFrame,
  type LeftLife,
  leftLife,
  type Observation,
  observe,
  refuseWhileTakerLives,
} from "./observe.ts";
export {
  begunBefore,
  begunOption,
  type Program,
  type ProgramPlan,
  planProgram,
  sameProgram,
} from "./program-plan.ts";
export {
  type Course,
  type DirectoryFacts,
  type DirectoryLabel,
  decideDirectory,
  decideProgram,
  directoryCases,
  type ProgramFacts,
  type ProgramLabel,
  programCases,
  type RecoveryCase,
} from "./recovery-policy.ts";
export {
  type SnapshotCompleted,
  type SnapshotInfo,
  StateSnapshotter,
} from "./state-snapshotter.ts";
