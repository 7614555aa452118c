/** Owns: noting which datasets are persisted while some code runs, so that its owner can unpersist them later. */
import { AsyncLocalStorage } from "node:async_hooks";

/** A dataset that can be let go of. */
export interface Persisted {
  readonly id: number;
  unpersist(): Promise<void>;
}

const notes = new AsyncLocalStorage<Set<Persisted>>();

/** Runs `body`; datasets that it persists, also after a wait, are added to `into`. */
export function notingPersisted<R>(into: Set<Persisted>, body: () => R): R {
  return notes.run(into, body);
}

/** Notes a dataset that is being persisted. */
export function notePersisted(dataset: Persisted): void {
  notes.getStore()?.add(dataset);
}
