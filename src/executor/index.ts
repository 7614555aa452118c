export { Accumulator, type AccumulatorForm, Broadcast, summing } from "./accumulator.ts";
export { AccumulatorRegistry } from "./accumulator-registry.ts";
export { LocalBlockStore } from "./block-store.ts";
export { DriverBodyWarnings } from "./driver-body-warnings.ts";
export {
  type Blockage,
  type CallOptions,
  type CallTarget,
  driverId,
  type ExecutorLink,
  type ExecutorRef,
  type Executors,
  type Handler,
  type HandlerContext,
  type Handlers,
} from "./executors.ts";
export {
  InProcessExecutors,
  type InProcessExecutorsOptions,
  type MessageSeen,
} from "./in-process-executors.ts";
export { JobRunner } from "./job-runner.ts";
export { KeptTotals } from "./kept-totals.ts";
export {
  defaultLiveness,
  defaultReplacement,
  type ExecutorProgram,
  type LivenessOptions,
  type OutputKind,
  type OutputSink,
  ProcessExecutors,
  type ProcessExecutorsOptions,
  processLink,
  type ReplacementOptions,
} from "./processes/index.ts";
export type { RemoteTasks } from "./remote-tasks.ts";
export * from "./tasks/index.ts";
