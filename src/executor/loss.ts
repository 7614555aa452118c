/** Owns: which errors tell that an executor is gone, so that what was asked of it has to be asked of another one. */
import { StreamError } from "../base/index.ts";

const lossCodes = new Set(["executor_lost", "channel_closed", "connection_refused"]);

/** Whether an error tells that the other side is gone. */
export function isLoss(error: unknown): boolean {
  return error instanceof StreamError && lossCodes.has(error.code);
}
