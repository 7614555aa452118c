export type { ChangedCode } from "./changed-code.ts";
export {
  type BlockLocation,
  type Checkpoint,
  type CheckpointBatch,
  type CheckpointBlock,
  type CheckpointConfiguration,
  type CheckpointRef,
  type CheckpointStream,
  checkpointFormatVersion,
  type LogPosition,
  type SealedLog,
} from "./checkpoint.ts";
export {
  type CheckpointExpectation,
  decodeCheckpoint,
  readCheckpoint,
} from "./checkpoint-reader.ts";
export { encodeCheckpoint, nameOfCheckpoint, writeCheckpoint } from "./checkpoint-writer.ts";
export {
  type BaseFacts,
  type BaseLabel,
  type BasePlan,
  chooseBases,
  type MissingData,
  type OperatorBase,
} from "./choose-bases.ts";
export {
  compareGraphs,
  type GraphComparison,
  type HeldData,
  heldIn,
  type StreamComparison,
  type UpgradeAllowances,
} from "./compare-graphs.ts";
export {
  auditName,
  checkpointName,
  type DurableName,
  parseDurableName,
  safeName,
  stateSnapshotName,
} from "./durable-names.ts";
export {
  checkpointsKept,
  type KeptCheckpoint,
  newestCheckpoints,
  type OpenLog,
  type Retention,
  type RetentionFacts,
  retentionOf,
} from "./retention.ts";
export {
  type StateEntry,
  type StateSnapshotHeader,
  type StateSnapshotRef,
  stateSnapshotFormatVersion,
} from "./state-snapshot.ts";
export { isCodecReadable } from "./state-snapshot-format.ts";
export { readStateSchema, readStateSnapshot } from "./state-snapshot-reader.ts";
export { writeStateSnapshot } from "./state-snapshot-writer.ts";
export type { IdentityKind, UpgradeLabel, UpgradeOutcome } from "./upgrade-cases.ts";
