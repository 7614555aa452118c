/** Owns: which error a batch that failed for good is told by. Does not own: what follows (failure-policy.ts). */
import { StreamError } from "../base/index.ts";

/**
 * The error of a batch that failed: `batch_unreadable`, with the file, where what stands behind it is that stored data cannot
 * be read, which no change of a function mends; else `batch_failed`.
 */
export function failureOfBatch(
  batchTimeMs: number,
  outputs: readonly string[],
  cause: unknown,
): StreamError {
  const damage = damageBehind(cause);
  if (damage === undefined)
    return new StreamError("batch_failed", { batchTimeMs, outputs }, { cause });
  const { file, name = file, path = name } = damage.details;
  return new StreamError("batch_unreadable", { batchTimeMs, outputs, file: path }, { cause });
}

function damageBehind(error: unknown): StreamError | undefined {
  let found: StreamError | undefined;
  for (let each = error; each instanceof Error; each = each.cause) {
    if (!(each instanceof StreamError) || each.kind !== "data") continue;
    // The one that names the file says most.
    if (found?.details["file"] === undefined) found = each;
  }
  return found;
}
