/**
 * Owns: the default parallelism of the batch that the calling code works for, where that batch was given another one by an
 * earlier life of the driver.
 * Does not own: which batches those are (core/dstream/partition-pins.ts).
 */
import { AsyncLocalStorage } from "node:async_hooks";

const pinned = new AsyncLocalStorage<number | undefined>();

/** The default parallelism that the batch has to keep; undefined where the present one holds. */
export function pinnedParallelism(): number | undefined {
  return pinned.getStore();
}

/** Runs `body`, and all that it begins, under a default parallelism; undefined is the present one. */
export function withParallelism<R>(count: number | undefined, body: () => R): R {
  return count === pinned.getStore() ? body() : pinned.run(count, body);
}
