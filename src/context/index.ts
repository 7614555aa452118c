export {
  Application,
  type ApplicationOptions,
  application,
  type BuildFunction,
} from "./application.ts";
export {
  executorModuleOf,
  isApplication,
  type LoadedApplication,
  loadApplication,
  loadProgram,
} from "./application-module.ts";
export { DataContext, type DataContextOptions } from "./data-context.ts";
export type { CheckpointDirectoryOptions } from "./durable-directory.ts";
export { fingerprintOf } from "./fingerprint.ts";
export type { MirroredProgram } from "./mirrored-program.ts";
export type { BackpressureOptions, StreamingContextOptions } from "./options.ts";
export {
  asExecutor,
  becomeExecutor,
  type ExecutorRole,
  executorVariable,
  onDriver,
} from "./role.ts";
export { StreamingContext, type StreamingContextState } from "./streaming-context.ts";
