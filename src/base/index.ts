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
export { localPath } from "./local-path.ts";
export { consoleLogger, type Logger, silentLogger } from "./logger.ts";
export { type Random, seededRandom } from "./random.ts";
export { Settlement } from "./settlement.ts";
