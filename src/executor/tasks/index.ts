export { DriverMirror } from "./driver-mirror.ts";
export { ExecutorTasks, type ExecutorTasksOptions } from "./executor-tasks.ts";
export { MirrorService, type MirrorServiceOptions } from "./mirror-service.ts";
export { type ServedProgram, ServingExecutor } from "./serving-executor.ts";
