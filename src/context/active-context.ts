/** Owns: that at most one context is active in a process, or in each of the executors that share one. */
import { StreamError } from "../base/index.ts";
import type { ExecutorRole, Part } from "./role.ts";

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

/** The places of the driver and of the executors in this process. */
export class ActivePlaces<T> {
  readonly #own = new ActivePlace<T>();
  readonly #byRole = new WeakMap<ExecutorRole, ActivePlace<T>>();

  of(part: Part): ActivePlace<T> {
    const role = part.kind === "executor" ? part.role : undefined;
    if (role === undefined) return this.#own;
    const place = this.#byRole.get(role) ?? new ActivePlace<T>();
    this.#byRole.set(role, place);
    return place;
  }
}
