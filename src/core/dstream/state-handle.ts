/** Owns: the state of one key, as the function of `mapWithState` is handed it. */
import { StreamError } from "../../base/index.ts";
import type { StateUpdate } from "../../state/index.ts";

/** The state of a key, valid while the function runs that it was handed to. */
export interface State<S> {
  /** Whether the key has a state. */
  exists(): boolean;
  /**
   * The state, to be read; throws `state_absent` where there is none. What `mutable` cloned may be changed, under a name of
   * type S.
   */
  get(): Readonly<S>;
  /** The state, or undefined where there is none. */
  getOption(): Readonly<S> | undefined;
  /**
   * Sets the state; throws `state_removed` after `remove()`, `state_timing_out` while the key times out, and
   * `argument_invalid` for undefined, which is no state.
   */
  update(state: S): void;
  /** Removes the key; throws `state_removed` the second time, `state_timing_out` while the key times out. */
  remove(): void;
  /** Whether the key is timing out: it goes after this call, which has no value. */
  isTimingOut(): boolean;
}

type Phase = "untouched" | "updated" | "removed" | "timing out";

/** One handle serves all calls of a task: nothing is allocated per record. */
export class StateHandle<K, S> implements State<S> {
  readonly #update: StateUpdate<K, S>;
  #key: K | undefined;
  #value: S | undefined;
  #phase: Phase = "untouched";

  constructor(update: StateUpdate<K, S>) {
    this.#update = update;
  }

  /** Points the handle at a key that has data. */
  begin(key: K): void {
    this.#key = key;
    this.#value = this.#update.get(key);
    this.#phase = "untouched";
  }

  /** Points the handle at a key whose time is out. */
  beginTimingOut(key: K): void {
    this.begin(key);
    this.#phase = "timing out";
  }

  /** Carries out what the function asked for. */
  finish(): void {
    const key = this.#key as K;
    if (this.#phase === "updated") this.#update.set(key, this.#value as S);
    else if (this.#phase === "removed" || this.#phase === "timing out") this.#update.delete(key);
    else if (this.#value !== undefined) this.#keep(key, this.#value);
  }

  exists(): boolean {
    return this.#value !== undefined;
  }

  get(): S {
    if (this.#value === undefined) throw new StreamError("state_absent", { key: this.#key });
    return this.#value;
  }

  getOption(): S | undefined {
    return this.#value;
  }

  update(state: S): void {
    this.#assertLasting();
    if (state === undefined) {
      const expected = "a value; remove() takes the state away";
      throw new StreamError("argument_invalid", { argument: "state", key: this.#key, expected });
    }
    this.#value = state;
    this.#phase = "updated";
  }

  remove(): void {
    this.#assertLasting();
    this.#value = undefined;
    this.#phase = "removed";
  }

  isTimingOut(): boolean {
    return this.#phase === "timing out";
  }

  /** A clone may have been changed in place; anything else is only used once more. */
  #keep(key: K, value: S): void {
    if (this.#update.mutable) this.#update.set(key, value);
    else this.#update.touch(key);
  }

  #assertLasting(): void {
    if (this.#phase === "removed") throw new StreamError("state_removed", { key: this.#key });
    if (this.#phase === "timing out") throw new StreamError("state_timing_out", { key: this.#key });
  }
}
