/**
 * Owns: the output operation that the calling code works for, so that what is saved within its body can be known again.
 * Invariants: I1 within one attempt of an output no directory is saved twice: the second would be taken for a replay of
 * the first, and be dropped silently.
 */
import { AsyncLocalStorage } from "node:async_hooks";
import { StreamError } from "../../base/index.ts";
import type { BatchOutputIdentity } from "./output-identity.ts";

/** One attempt at an output of a batch. */
export class OutputScope {
  readonly identity: BatchOutputIdentity;
  readonly #directories = new Set<string>();

  constructor(identity: BatchOutputIdentity) {
    this.identity = identity;
  }

  /** Takes a directory for one save; throws `output_taken`. */
  claimDirectory(directory: string): void {
    if (this.#directories.has(directory)) {
      throw new StreamError("output_taken", {
        directory,
        reason: "the same output of the same batch has saved into it already",
      });
    }
    this.#directories.add(directory);
  }

  /** Lets the directory of a save that failed be tried again. */
  releaseDirectory(directory: string): void {
    this.#directories.delete(directory);
  }
}

const scopes = new AsyncLocalStorage<OutputScope>();

/** The attempt that the calling function works for; undefined outside of an output operation. */
export function currentOutput(): OutputScope | undefined {
  return scopes.getStore();
}

/** Runs the body of an output, as a new attempt. */
export function inOutput<R>(identity: BatchOutputIdentity, body: () => R): R {
  return scopes.run(new OutputScope(identity), body);
}
