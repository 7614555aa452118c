export { Backpressure, type RateEstimator } from "./backpressure.ts";
export {
  type BatchEnd,
  type BatchProgress,
  type Counted,
  type LeftBatch,
  volatileProgress,
} from "./batch-progress.ts";
export { BatchScheduler, type BatchSchedulerOptions } from "./batch-scheduler.ts";
export type { BatchFailure, OnFailure } from "./failure-policy.ts";
export type {
  BatchInfo,
  CheckpointInfo,
  ListenerEvents,
  OutputOperationInfo,
  StateSnapshotInfo,
  StateSnapshotSize,
  StreamingListener,
} from "./listener.ts";
export { ListenerBus } from "./listener-bus.ts";
export { StatsReportListener } from "./stats-report-listener.ts";
