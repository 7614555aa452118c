/** Owns: the options of a streaming context, their defaults and checks. */
import {
  type Clock,
  consoleLogger,
  instanceArgument,
  type Logger,
  objectArgument,
  objectWithMethods,
  optionalChoice,
  optionalFunction,
  optionalTexts,
  StreamError,
  systemClock,
  tameLogger,
  textArgument,
} from "../base/index.ts";
import {
  checkStateBackend,
  type Duration,
  duration,
  type StateBackend,
  type StatePlaces,
} from "../core/index.ts";
import type { ReceiverOptions } from "../receiver/index.ts";
import type { OnFailure } from "../scheduler/index.ts";
import { moduleAddress } from "./application-module.ts";
import { checkClock, DataContext } from "./data-context.ts";
import { type MasterAddress, masterOf } from "./masters.ts";

/** Adapting the rate of receivers to what batches take (a PID controller). */
export interface BackpressureOptions {
  /** Answer to the difference between the last rate and the measured one (default 1). */
  readonly proportional?: number;
  /** Answer to the records that piled up while batches waited (default 0.2). */
  readonly integral?: number;
  /** Answer to the change of that difference (default 0). */
  readonly derived?: number;
  /** The lowest rate, in records per second (default 100). */
  readonly minRate?: number;
  /** The rate before the first estimate (default `receiverMaxRate`). */
  readonly initialRate?: number;
}

/** The options of a StreamingContext. */
export interface StreamingContextOptions {
  /** A name for people (default "millrace"). */
  readonly appName?: string;
  /**
   * Where tasks run: `local`, in this process; `local[n]`, in n executors, processes of this machine that run the same
   * program; `local[*]`, in as many as the machine has cores (default `local`).
   */
  readonly master?: MasterAddress;
  /** The time between two batches. */
  readonly batchInterval: Duration;
  /**
   * A DataContext to share, whose clock, parallelism and `print` are used; without it the context makes one of its own, and
   * closes it.
   */
  readonly data?: DataContext;
  /** The number of partitions of shuffles that are not told another (default 1 in `local`). */
  readonly defaultParallelism?: number;
  /** How many output operations may run at once, of one batch or of several (default 1). */
  readonly concurrentJobs?: number;
  /** How often an output operation is tried in all (default 3). */
  readonly attempts?: number;
  /** What becomes of a batch that failed for good (default "stop" where there is a checkpoint directory, else "continue"). */
  readonly onFailure?: OnFailure;
  /** Where states are kept while the context lives: "memory", or "leveldb" for states larger than memory (default "memory"). */
  readonly stateBackend?: StateBackend;
  /** The directory of the states in LevelDB, of this context alone: what is in it is lost at the start and at the end. */
  readonly stateDirectory?: string;
  /** How often the records that a receiver stores one by one are cut into a block (default 200 ms). */
  readonly blockInterval?: Duration;
  /** Blocks that may wait to be stored, per receiver (default 10). */
  readonly blockQueueSize?: number;
  /** Records per second and receiver, of those stored one by one (default: no limit). */
  readonly receiverMaxRate?: number;
  /** The pause before a receiver is started again (default 2 s). */
  readonly receiverRestartDelay?: Duration;
  /** How long the storing of one block may take (default 30 s). */
  readonly blockStoreTimeout?: Duration;
  /** Records received and not yet in a completed batch at which receivers stop reading (default 1,000,000). */
  readonly unprocessedRecordsMax?: number;
  /** The same in bytes, for blocks that come as bytes (default 256 MiB). */
  readonly unprocessedBytesMax?: number;
  /** Adapts the rate of receivers to what batches take; off by default. */
  readonly backpressure?: boolean | BackpressureOptions;
  /** How long a graceful stop may take (default ten batch intervals, at least 10 s). */
  readonly gracefulStopTimeout?: Duration;
  /** Stops gracefully on SIGTERM and SIGINT; a second signal ends the process at once. Off by default. */
  readonly stopGracefullyOnShutdown?: boolean;
  /** The time between two checkpoints, at least (default: one after every batch). */
  readonly checkpointInterval?: Duration;
  /** Whether what receivers store is logged, where there is a checkpoint directory (default true). */
  readonly receiverLog?: boolean;
  /**
   * How long a block or an event waits for others before it is written, on stores where each write makes an object, as on
   * S3 (default: no longer than others are under way).
   */
  readonly logCommitDelay?: Duration;
  /**
   * What becomes of the batch times at which the application was down: `coalesce` counts them as empty and gives what came
   * meanwhile to the first new batch; `replay` makes a batch for each (default `coalesce`).
   */
  readonly downtime?: "coalesce" | "replay";
  /** How many batches `downtime: "replay"` makes at most, the newest ones (default 1000). */
  readonly downtimeBatchesMax?: number;
  /** Inputs that lose their data in a crash and are used all the same, by uid or name. */
  readonly allowNotResumable?: readonly string[];
  /** Uids of inputs, states and outputs of an earlier program that may be lost. */
  readonly allowDropped?: readonly string[];
  /** `strict` refuses to compute completed batches again by changed code (default `allow`). */
  readonly upgrade?: "allow" | "strict";
  /**
   * The module that an executor loads to build the same graph, as an address (`import.meta.url`) or a path (default: that of
   * the application, or the main program). Where an application says so itself, its checkpoints note this module.
   */
  readonly executorModule?: string | URL;
  /** Aborting it stops the context at once. */
  readonly signal?: AbortSignal;
  /**
   * What the output operation `print` writes to (default: standard output); a promise is waited for. Where it throws or
   * rejects, the output fails.
   */
  readonly print?: (text: string) => unknown;
  readonly clock?: Clock;
  readonly logger?: Logger;
}

/** The options with their defaults, as the context uses them. */
export interface StreamingSettings extends StreamingContextOptions {
  readonly appName: string;
  readonly concurrentJobs: number;
  readonly attempts: number;
  readonly gracefulStopTimeoutMs: number;
  readonly clock: Clock;
  readonly logger: Logger;
}

/** Checks options and fills in the defaults; throws `duration_invalid`, `argument_invalid`, `master_unknown`. */
export function streamingSettings(options: StreamingContextOptions): StreamingSettings {
  objectArgument("options", options);
  const batchInterval = duration(options.batchInterval, "batchInterval");
  masterOf(options.master ?? "local");
  for (const what of [
    "blockInterval",
    "receiverRestartDelay",
    "blockStoreTimeout",
    "gracefulStopTimeout",
    "checkpointInterval",
    "logCommitDelay",
  ] as const) {
    const given = options[what];
    if (given !== undefined) duration(given, what);
  }
  checkPorts(options);
  checkRecovery(options);
  if (options.executorModule !== undefined) moduleAddress(options.executorModule);
  for (const argument of ["defaultParallelism", "print"] as const) {
    if (options.data === undefined || options[argument] === undefined) continue;
    const expected = "left out beside data, whose own is used";
    throw new StreamError("argument_invalid", { argument, expected });
  }
  if (options.onFailure !== undefined) checkOnFailure(options.onFailure);
  const { receiverMaxRate = Number.POSITIVE_INFINITY } = options;
  if (!(receiverMaxRate > 0)) {
    throw new StreamError("argument_invalid", {
      argument: "receiverMaxRate",
      value: receiverMaxRate,
      expected: "a number of records per second above 0; leave it out for no limit",
    });
  }
  return {
    ...options,
    appName: options.appName ?? "millrace",
    concurrentJobs: wholeNumber("concurrentJobs", options.concurrentJobs ?? 1),
    attempts: wholeNumber("attempts", options.attempts ?? 3),
    gracefulStopTimeoutMs: options.gracefulStopTimeout ?? Math.max(10 * batchInterval, 10_000),
    clock: options.data?.clock ?? options.clock ?? systemClock,
    logger: tameLogger(options.logger ?? consoleLogger),
  };
}

/** What the context is handed and calls only later: by then it could not be cleaned up any more. */
function checkPorts(options: StreamingContextOptions): void {
  const { clock, data, logger, print, signal } = options;
  if (clock !== undefined) checkClock(clock);
  if (logger !== undefined) objectWithMethods("logger", logger, ["info", "warn", "error"]);
  if (signal !== undefined) instanceArgument("signal", signal, AbortSignal);
  if (data !== undefined) instanceArgument("data", data, DataContext);
  optionalFunction("print", print);
}

/** What would be read only at a start over an earlier life, or not at all where it is mistyped. */
function checkRecovery(options: StreamingContextOptions): void {
  const { allowDropped, allowNotResumable, appName, downtime, downtimeBatchesMax } = options;
  if (appName !== undefined) textArgument("appName", appName);
  optionalChoice("downtime", downtime, ["coalesce", "replay"]);
  optionalChoice("upgrade", options.upgrade, ["allow", "strict"]);
  optionalChoice("receiverLog", options.receiverLog, [true, false]);
  optionalChoice("stopGracefullyOnShutdown", options.stopGracefullyOnShutdown, [true, false]);
  optionalTexts("allowDropped", allowDropped);
  optionalTexts("allowNotResumable", allowNotResumable);
  if (downtimeBatchesMax !== undefined) wholeNumber("downtimeBatchesMax", downtimeBatchesMax);
}

/** Where the states of operators are that do not say it themselves. Throws `argument_invalid`, `state_directory_missing`. */
export function statePlacesOf(settings: StreamingSettings): StatePlaces {
  const { stateBackend: backend = "memory", stateDirectory: directory } = settings;
  checkStateBackend("stateBackend", backend);
  if (backend === "leveldb" && directory === undefined) {
    throw new StreamError("state_directory_missing", {});
  }
  return { backend, directory };
}

function wholeNumber(argument: string, value: number): number {
  if (!Number.isSafeInteger(value) || value < 1) {
    throw new StreamError("argument_invalid", {
      argument,
      value,
      expected: "a whole number of 1 or more",
    });
  }
  return value;
}

function checkOnFailure(onFailure: OnFailure): void {
  const known =
    onFailure === "stop" || onFailure === "continue" || typeof onFailure?.deadLetter === "function";
  if (!known) {
    throw new StreamError("argument_invalid", {
      argument: "onFailure",
      value: onFailure,
      expected: '"stop", "continue" or { deadLetter }',
    });
  }
}

/** How the rate of receivers adapts; undefined where it does not. */
export function backpressureOf({
  backpressure,
}: StreamingSettings): BackpressureOptions | undefined {
  if (backpressure === undefined || backpressure === false) return undefined;
  return backpressure === true ? {} : backpressure;
}

/** The options of receivers, as these take them. */
export function receiverOptions(settings: StreamingSettings): ReceiverOptions {
  return {
    blockIntervalMs: settings.blockInterval,
    blockQueueSize: settings.blockQueueSize,
    maxRate: settings.receiverMaxRate,
    initialRate: backpressureOf(settings)?.initialRate,
    restartDelayMs: settings.receiverRestartDelay,
    blockStoreTimeoutMs: settings.blockStoreTimeout,
    unprocessedRecordsMax: settings.unprocessedRecordsMax,
    unprocessedBytesMax: settings.unprocessedBytesMax,
  };
}
