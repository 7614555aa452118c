export { DataContext, type DataContextOptions } from "./data-context.ts";
export type { CheckpointDirectoryOptions } from "./durable-directory.ts";
export { fingerprintOf } from "./fingerprint.ts";
export type { BackpressureOptions, StreamingContextOptions } from "./options.ts";
export {
  asExecutor,
  becomeExecutor,
  type ExecutorRole,
  executorVariable,
  type MirroredProgram,
  onDriver,
} from "./role.ts";
export { StreamingContext, type StreamingContextState } from "./streaming-context.ts";
