export {
  functionArgument,
  instanceArgument,
  objectArgument,
  objectWithMethods,
  optionalChoice,
  optionalFunction,
  optionalTexts,
  textArgument,
} from "./arguments.ts";
export { type Clock, sleep, systemClock, type Timer } from "./clock.ts";
export { Deadline } from "./deadline.ts";
export {
  type ErrorCode,
  type ErrorDetails,
  type ErrorKind,
  invariant,
  messageOf,
  reasonOf,
  StreamError,
} from "./errors.ts";
export {
  type DirectoryEntry,
  errnoOf,
  type FileInfo,
  type FileKind,
  type FilePort,
  type OutputFile,
} from "./file-port.ts";
export { type Launcher, launchBy, launcherOfProcess } from "./launcher.ts";
export { localPath } from "./local-path.ts";
export { consoleLogger, type Logger, silentLogger, tameLogger } from "./logger.ts";
export { OrderedQueue } from "./ordered-queue.ts";
export { type ProcessBeginnings, type ProcessIdentity, thisProcess } from "./process-identity.ts";
export { isFile, type PackageFolder, packageAbove, realPath } from "./program-files.ts";
export { type Random, seededRandom, uniqueName } from "./random.ts";
export { Settlement } from "./settlement.ts";
export { systemFiles } from "./system-files.ts";
