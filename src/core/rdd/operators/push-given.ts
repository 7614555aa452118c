/**
 * Owns: pushing what a function of the user's gave for one record or value: an array, or an iterable read one by one; in
 * slices, although a push cannot wait: where the slice is over, the rest is left to the flow.
 */
import { type Flow, type Push, pushArray, pushIterable } from "../flow.ts";
import type { OperatorSite } from "../task.ts";
import { guardedRecords, refusePromise, userError } from "../user-function.ts";

/** Pushes the results until the sink has had enough; a generator is then closed, so it may be without end. Where the flow is suspended already, all of them are left to it. */
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
  pull(guardedRecords(results, site, flow.task), flow, push);
}

function pushAll<T>(results: readonly T[], flow: Flow, push: Push<T>): void {
  const { pacer } = flow;
  let index = 0;
  for (;;) {
    const from = index;
    const until = Math.min(results.length, from + pacer.extraRecords);
    while (index < until && !flow.isHalted) push(results[index++] as T);
    pacer.extraRecords -= index - from;
    if (index === results.length || flow.stopped) return;
    if (flow.isSuspended || pacer.extraSliceIsOver()) break;
  }
  flow.suspend({ push: () => pushArray(results, flow, push, index), close: () => {} });
}

function pull<T>(results: Generator<T, void, undefined>, flow: Flow, push: Push<T>): void {
  const { pacer } = flow;
  let isLeft = false;
  try {
    while (!flow.stopped) {
      if (flow.isSuspended || (pacer.extraRecords-- <= 0 && pacer.extraSliceIsOver())) {
        isLeft = true;
        return flow.suspend({
          push: () => pushIterable(results, flow, push),
          close: () => results.return(),
        });
      }
      const next = results.next();
      if (next.done === true) return;
      push(next.value);
    }
  } finally {
    if (!isLeft) results.return();
  }
}
