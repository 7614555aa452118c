/** Owns: what runs one receiver, as the tracker sees it: in this process, or in whichever executor. An interface only. */
import type { ReceiverInfo } from "./receiver-info.ts";

export interface ReceiverRunner {
  readonly info: ReceiverInfo;
  /** Starts the receiver; resolves when `onStart` has been called, or when that has to wait for an executor. */
  launch(): Promise<void>;
  /** Ends it for good and keeps what it took; resolves with whether `onStop` was done in time. */
  shutDown(onStopTimeoutMs: number): Promise<boolean>;
  /** Ends it at once, and drops what is not stored. */
  destroy(reason: unknown): void;
  reportError(message: string, error?: unknown): void;
  /** Records per second, above 0. */
  setRate(recordsPerSecond: number): void;
}
