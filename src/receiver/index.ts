export type {
  BatchAllocated,
  BatchesCleaned,
  BlockAdded,
  BlockEvent,
  ReceivedBlock,
  ReceiverStarted,
} from "./block-events.ts";
export { type BlockJournal, volatileJournal } from "./block-ledger.ts";
export { ReceivedBlockTracker } from "./block-tracker.ts";
export { type BatchMeasure, PidRateEstimator, type PidRateOptions } from "./pid-rate-estimator.ts";
export { Receiver, type RestartOptions, type StoreOptions } from "./receiver.ts";
export { type ReceiverEvents, type ReceiverInfo, receiverReport } from "./receiver-info.ts";
export { ReceiverInputStream } from "./receiver-input-stream.ts";
export type { ReceiverOptions } from "./receiver-options.ts";
export { ReceiverTracker, type ReceiverTrackerOptions } from "./receiver-tracker.ts";
export type { SourceRange } from "./source-range.ts";
