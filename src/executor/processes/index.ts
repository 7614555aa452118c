export type { ExecutorProgram } from "./launched-process.ts";
export { defaultLiveness, type LivenessOptions } from "./liveness.ts";
export type { OutputKind, OutputSink } from "./output-lines.ts";
export { ProcessExecutors, type ProcessExecutorsOptions } from "./process-executors.ts";
export { processLink } from "./process-link.ts";
export { defaultReplacement, type ReplacementOptions } from "./replacement-policy.ts";
