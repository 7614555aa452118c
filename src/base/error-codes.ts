/**
 * Owns: the table of error codes, put together from those of each part of the house. One line of message (lower case,
 * without values), one of help (what to do next).
 * Does not own: how an error is thrown or printed (errors.ts).
 */
import { baseErrors } from "./error-codes/base.ts";
import { checkpointErrors } from "./error-codes/checkpoint.ts";
import { codecErrors } from "./error-codes/codec.ts";
import { contextErrors } from "./error-codes/context.ts";
import { coreErrors } from "./error-codes/core.ts";
import { executorErrors } from "./error-codes/executor.ts";
import { inspectErrors } from "./error-codes/inspect.ts";
import { receiverErrors } from "./error-codes/receiver.ts";
import { recoveryErrors } from "./error-codes/recovery.ts";
import { sinksErrors } from "./error-codes/sinks.ts";
import { stateErrors } from "./error-codes/state.ts";
import { storeErrors } from "./error-codes/store.ts";
import { upkeepErrors } from "./error-codes/upkeep.ts";
import { walErrors } from "./error-codes/wal.ts";

export type { ErrorKind } from "./error-codes/error-entry.ts";

type Codes = typeof baseErrors &
  typeof codecErrors &
  typeof storeErrors &
  typeof walErrors &
  typeof receiverErrors &
  typeof stateErrors &
  typeof coreErrors &
  typeof executorErrors &
  typeof contextErrors &
  typeof checkpointErrors &
  typeof recoveryErrors &
  typeof sinksErrors &
  typeof inspectErrors &
  typeof upkeepErrors;

/** Each code with its kind, its message (lower case, without values) and the next step. */
export const errorCodes: Codes = {
  ...baseErrors,
  ...codecErrors,
  ...storeErrors,
  ...walErrors,
  ...receiverErrors,
  ...stateErrors,
  ...coreErrors,
  ...executorErrors,
  ...contextErrors,
  ...checkpointErrors,
  ...recoveryErrors,
  ...sinksErrors,
  ...inspectErrors,
  ...upkeepErrors,
};

export type ErrorCode = keyof typeof errorCodes;
