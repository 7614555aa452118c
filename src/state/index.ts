export { freezeState } from "./freeze-state.ts";
export type { ProtectionOptions } from "./protection.ts";
export type {
  StatePartition,
  StateReader,
  StateScan,
  StateUpdate,
} from "./state-partition.ts";
export { VersionedState, type VersionedStateOptions } from "./versioned-state.ts";
