export {
  type CarriedEntry,
  type CarryingLink,
  carriedAfterMs,
  withoutBatches,
} from "./carried-batches.ts";
export { freezeState } from "./freeze-state.ts";
export { HostedState, type SnapshotPart } from "./hosted-state.ts";
export type { KeyedState } from "./keyed-state.ts";
export { checkStateVersion, migratesFrom, type StateVersion } from "./migration.ts";
export type { ProtectionOptions } from "./protection.ts";
export type { StateRestore, StoredSnapshot } from "./restore.ts";
export {
  type CustomStateCodec,
  type StateCodec,
  schemaOf,
  stateCodecId,
} from "./state-codec.ts";
export type { LevelOptions, StateElsewhere, VersionedStateOptions } from "./state-options.ts";
export type {
  PartitionSnapshot,
  StateEntry,
  StatePartition,
  StateReader,
  StateScan,
  StateUpdate,
} from "./state-partition.ts";
export type { StateSnapshot } from "./state-snapshots.ts";
export { VersionedState } from "./versioned-state.ts";
