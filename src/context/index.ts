export { DataContext, type DataContextOptions } from "./data-context.ts";
export type { CheckpointDirectoryOptions } from "./durable-directory.ts";
export type { BackpressureOptions, StreamingContextOptions } from "./options.ts";
export { StreamingContext, type StreamingContextState } from "./streaming-context.ts";
