/**
 * Owns: what is told of a receiver to listeners and pages, and the port that hears of changes.
 * Does not own: who listens.
 */
import { reasonOf } from "../base/index.ts";

/** A receiver as listeners see it. */
export interface ReceiverInfo {
  readonly streamId: number;
  readonly name: string;
  /** Whether it has been started and has not ended since. */
  readonly active: boolean;
  /** The host that it runs on. */
  readonly location: string;
  /** The executor that it runs in; `driver` is the driver's own process. */
  readonly executorId: string;
  readonly lastErrorMessage: string;
  /** The stack or text of the last error. */
  readonly lastError: string;
  /** When it was reported, in ms since the epoch; -1 for none. */
  readonly lastErrorTime: number;
}

/** Hears of receivers; errors are also told before a receiver runs and after it has ended. */
export interface ReceiverEvents {
  receiverStarted(info: ReceiverInfo): void;
  receiverError(info: ReceiverInfo): void;
  receiverStopped(info: ReceiverInfo): void;
}

/** A receiver that has not been started, in the driver's process. */
export function newReceiverInfo(streamId: number, name: string): ReceiverInfo {
  return {
    streamId,
    name,
    active: false,
    location: "localhost",
    executorId: "driver",
    lastErrorMessage: "",
    lastError: "",
    lastErrorTime: -1,
  };
}

/** The same receiver after a report; `error` may be left out. */
export function withError(
  info: ReceiverInfo,
  report: { readonly message: string; readonly error?: unknown; readonly timeMs: number },
): ReceiverInfo {
  const { error, message, timeMs } = report;
  return {
    ...info,
    lastErrorMessage: message,
    lastError: error === undefined ? "" : errorText(error),
    lastErrorTime: timeMs,
  };
}

/** An AggregateError, as of a host name with several addresses, says nothing by itself. */
function errorText(error: unknown): string {
  if (!(error instanceof Error)) return reasonOf(error);
  const text = error.stack ?? error.message;
  return error instanceof AggregateError ? [text, ...error.errors.map(errorText)].join("\n") : text;
}

/** The report of an input that is no receiver and has met with trouble. */
export function receiverReport(report: {
  readonly streamId: number;
  readonly name: string;
  readonly message: string;
  readonly error: unknown;
  readonly timeMs: number;
}): ReceiverInfo {
  return withError({ ...newReceiverInfo(report.streamId, report.name), active: true }, report);
}
