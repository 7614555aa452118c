/** Owns: that at most one context is active in a process. */
import { StreamError } from "../base/index.ts";

/** The place of the one active thing of a process. */
export class ActivePlace<T> {
  #active: T | undefined;

  get current(): T | undefined {
    return this.#active;
  }

  /** Throws `context_active` when another one is active. */
  take(context: T): void {
    if (this.#active !== undefined && this.#active !== context)
      throw new StreamError("context_active");
    this.#active = context;
  }

  leave(context: T): void {
    if (this.#active === context) this.#active = undefined;
  }
}
