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
  return new StreamError(thrown.code, { ...thrown.details, ...place }, { cause: thrown.cause });
}

/** The function, with what it throws given its place. */
export function guarded<A extends readonly unknown[], R>(
  f: (...args: A) => R,
  site: OperatorSite,
  task: TaskContext | undefined,
): (...args: A) => R {
  return (...args) => {
    try {
      const result = f(...args);
      return result instanceof Promise ? (result.catch(fail) as R) : result;
    } catch (error) {
      return fail(error);
    }
  };
  function fail(error: unknown): never {
    throw userError(site, task, error);
  }
}

/** Throws `promise_returned` when a function that has to return a value returned a promise. */
export function refusePromise(result: unknown, site: OperatorSite): void {
  if (typeof result === "object" && result !== null && isThenable(result)) {
    throw new StreamError("promise_returned", { operator: site.uid, kind: site.kind });
  }
}

function isThenable(value: object): boolean {
  return typeof (value as { then?: unknown }).then === "function";
}

declare const promiseRefused: unique symbol;

/** `unknown` for a value, and something that no promise is for a promise: what `mapAsync` is there for. */
export type NotPromise<U> = [Extract<U, PromiseLike<unknown>>] extends [never]
  ? unknown
  : {
      readonly [promiseRefused]: "this function must return a value; use mapAsync for one that returns a promise";
    };
