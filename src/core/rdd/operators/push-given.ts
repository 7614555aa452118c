/** Owns: pushing what a function of the user's gave for one record or value: an array, or an iterable read one by one. */
import type { Flow, Push } from "../flow.ts";
import type { OperatorSite } from "../task.ts";
import { guardedRecords, refusePromise, userError } from "../user-function.ts";

/** Pushes the results until the sink has had enough; a generator is then closed, so it may be without end. */
export function pushGiven<T>(
  results: Iterable<T>,
  site: OperatorSite,
  flow: Flow,
  push: Push<T>,
): void {
  if (Array.isArray(results)) return pushAll(results as readonly T[], flow, push);
  try {
    refusePromise(results);
  } catch (error) {
    throw userError(site, flow.task, error);
  }
  for (const result of guardedRecords(results, site, flow.task)) {
    push(result);
    if (flow.stopped) return;
  }
}

function pushAll<T>(results: readonly T[], flow: Flow, push: Push<T>): void {
  for (let index = 0; index < results.length && !flow.stopped; index++) push(results[index] as T);
}
