export { ManualClock } from "./manual-clock.ts";
export { type BatchesToRun, runBatches, type TestBatch, type TestStreams } from "./run-batches.ts";
