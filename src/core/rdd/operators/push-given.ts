/**
 * Owns: pushing what a function of the user's gave for one record or value: an array, or an iterable read one by one; in
 * slices, although a push cannot wait: where the slice is over, the rest is left to the flow.
 */
import { type Flow, type Push, pushArray, pushIterable } from "../flow.ts";
import type { OperatorSite } from "../task.ts";
import { guardedRecords, refusePromise, userError } from "../user-function.ts";

/** Takes a record of which an operator makes any number; one that comes while the flow is suspended waits for its turn. */
export function inTurn<P>(flow: Flow, take: Push<P>): Push<P> {
  return (record) => {
    if (flow.isHalted && flow.isSuspended) flow.suspend(turnOf(record, flow, take));
    else take(record);
  };
}

function turnOf<P>(record: P, flow: Flow, take: Push<P>): Parameters<Flow["suspend"]>[0] {
  return {
    push: async () => {
      if (flow.stopped) return;
      take(record);
      if (flow.isSuspended) await flow.resume();
    },
    close: () => {},
  };
}

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
