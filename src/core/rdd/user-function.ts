/** Owns: what becomes of errors and promises that come out of a user's function. */
import { StreamError } from "../../base/index.ts";
import type { OperatorSite, TaskContext } from "./task.ts";

/**
 * The `user` error for what a user's function threw, naming operator, batch and partition; an error of Millrace's own
 * keeps its code and is given these names where it has none.
 */
export function userError(
  site: OperatorSite,
  task: TaskContext | undefined,
  thrown: unknown,
): StreamError {
  const place = {
    operator: site.uid,
    kind: site.kind,
    batchTimeMs: task?.batchTimeMs ?? site.batchTimeMs,
    partition: task?.partition,
  };
  if (!(thrown instanceof StreamError)) {
    return new StreamError("user_function_failed", place, { cause: thrown });
  }
  if (thrown.details["operator"] !== undefined || thrown.kind === "closed") return thrown;
  const options = thrown.cause === undefined ? {} : { cause: thrown.cause };
  return new StreamError(thrown.code, { ...thrown.details, ...place }, options);
}

/** The function, with what it throws given its place; it has to return a value, and no promise. */
export function guarded<A extends readonly unknown[], R>(
  f: (...args: A) => R,
  site: OperatorSite,
  task: TaskContext | undefined,
): (...args: A) => R {
  return (...args) => {
    try {
      const result = f(...args);
      if (typeof result === "object") refusePromise(result);
      return result;
    } catch (error) {
      throw userError(site, task, error);
    }
  };
}

/** The records, with what reading them throws given its place; what their reader throws is left as it is. */
export function* guardedRecords<T>(
  records: Iterable<T>,
  site: OperatorSite,
  task: TaskContext,
): Generator<T, void, undefined> {
  try {
    yield* records;
  } catch (error) {
    throw userError(site, task, error);
  }
}

/** As `guardedRecords`, for records that have to be waited for. */
export async function* guardedAsyncRecords<T>(
  records: AsyncIterable<T>,
  site: OperatorSite,
  task: TaskContext,
): AsyncGenerator<T, void, undefined> {
  try {
    yield* records;
  } catch (error) {
    throw userError(site, task, error);
  }
}

/** Throws `promise_returned` when a function that has to return a value returned a promise; `userError` adds the place. */
export function refusePromise(result: unknown): void {
  // Pairs are told apart by what they are: looking for a property that arrays do not have takes longer.
  if (typeof result !== "object" || result === null || Array.isArray(result)) return;
  if (isThenable(result)) refuse(result);
}

function refuse(promise: object): never {
  // Nobody waits for it: were it to reject, that would end the process.
  if (promise instanceof Promise) promise.catch(() => {});
  throw new StreamError("promise_returned");
}

function isThenable(value: object): boolean {
  return typeof (value as { then?: unknown }).then === "function";
}
