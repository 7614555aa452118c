/**
 * Owns: how stored values are kept from being changed by the functions that are given them.
 * Does not own: freezing itself (freeze-state.ts).
 */
import { freezeState } from "./freeze-state.ts";

/** What happens to a value on its way into the state, and on its way to a state function. */
export interface Protection<S> {
  /** See `StateUpdate.mutable`. */
  readonly mutable: boolean;
  readonly toStore: (value: S) => S;
  readonly toHandOut: (value: S) => S;
}

/**
 * `freeze` what is stored, `none`: trust the functions; with `clone`, hand out clones and freeze
 * nothing.
 */
export interface ProtectionOptions<S> {
  readonly protect?: "freeze" | "none";
  readonly clone?: (value: S) => S;
}

export function protectionOf<S>({ protect, clone }: ProtectionOptions<S>): Protection<S> {
  const same = (value: S): S => value;
  if (clone !== undefined) return { mutable: true, toStore: same, toHandOut: clone };
  return { mutable: false, toStore: protect === "none" ? same : freezeState, toHandOut: same };
}
