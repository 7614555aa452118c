/** Owns: what `millrace run` and the process of a program tell each other. */
import type { ToldError } from "../error-text.ts";

/** The variable that tells the process of a program that it is one; gone when the program begins. */
export const runVariable = "MILLRACE_RUN";

/** The parameter of the address of the preload that holds the request. */
export const requestParameter = "request";

/** How a program is to be run. */
export interface RunRequest {
  readonly master?: string;
  readonly checkpointDirectory?: string;
  readonly takeOver?: boolean;
  /** Stop after so many batches without records, one after the other. */
  readonly idleBatches?: number;
}

/** A completed batch. Times are in ms. */
export interface BatchStatus {
  readonly batchTimeMs: number;
  /** Of this life of the program. */
  readonly batches: number;
  readonly records: number;
  readonly recordsPerSecond: number;
  readonly schedulingDelayMs: number;
  readonly processingDelayMs: number;
  readonly waitingBatches: number;
  /** Of the state snapshots that a start would read; undefined until there is one. */
  readonly stateBytes: number | undefined;
  readonly failure: string | undefined;
}

/** What the process of a program tells. */
export type RunMessage =
  | { readonly kind: "started"; readonly appName: string }
  | { readonly kind: "batch"; readonly status: BatchStatus }
  | { readonly kind: "stopped" }
  | { readonly kind: "failed"; readonly error: ToldError };
