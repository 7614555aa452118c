export type {
  AllocationPins,
  BatchAllocated,
  BatchesCleaned,
  BlockAdded,
  BlockEvent,
  BlockLocation,
  BlockRecord,
  BlocksLost,
  ReceiverStarted,
  SourcePosition,
} from "./block-events.ts";
export type { ReceivedBlock } from "./block-reader.ts";
export { ReceivedBlockTracker } from "./block-tracker.ts";
export type { ReceiverExecutors } from "./hosted-receivers.ts";
export { loggedContent } from "./logged-block.ts";
export { decideLosses } from "./lost-blocks.ts";
export { type BatchMeasure, PidRateEstimator, type PidRateOptions } from "./pid-rate-estimator.ts";
export type { RestoredBlocks } from "./received-blocks.ts";
export { Receiver, type RestartOptions, type StoreOptions } from "./receiver.ts";
export {
  type BlockJournal,
  type BlockLog,
  type ReceiverDurability,
  volatileDurability,
} from "./receiver-durability.ts";
export {
  type HostableReceiver,
  ReceiverHost,
  type ReceiverHostOptions,
} from "./receiver-host.ts";
export { type ReceiverEvents, type ReceiverInfo, receiverReport } from "./receiver-info.ts";
export { ReceiverInputStream } from "./receiver-input-stream.ts";
export type { ReceiverHandlers, ReceiverLink } from "./receiver-messages.ts";
export type { ReceiverOptions, ReceiverSettings } from "./receiver-options.ts";
export {
  type ReceiverRegistration,
  ReceiverTracker,
  type ReceiverTrackerOptions,
} from "./receiver-tracker.ts";
export type { SourceRange } from "./source-range.ts";
export {
  type BatchState,
  blocksIn,
  emptyTrackerState,
  type StreamState,
  segmentsOf,
  type TrackerState,
} from "./tracker-state.ts";
