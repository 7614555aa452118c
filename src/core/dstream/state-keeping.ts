/**
 * Owns: where the state of one operator is: in this process; in others, which this one directs; or, in an executor, the
 * partitions that it was given.
 * Does not own: which executor has which partition (src/executor).
 *
 * I1. A state of which something looks back on earlier versions, a window or another state that may have to be made again,
 * stays where batches are made: those versions would be lost with an executor, and are not in its snapshots. Driver and
 * executors decide the same, as their graphs are the same.
 */
import { invariant } from "../../base/index.ts";
import {
  HostedState,
  type KeyedState,
  type StateVersion,
  VersionedState,
  type VersionedStateOptions,
} from "../../state/index.ts";
import type { Elsewhere } from "./state-stage.ts";
import type { StreamScope } from "./stream.ts";

/** What has to be known of a stateful operator; asked once the graph has started. */
export interface KeptState<K, S> {
  readonly scope: StreamScope;
  readonly options: VersionedStateOptions<S>;
  readonly form: StateVersion<K, S>;
  readonly uid: () => string;
  /** See I1. */
  readonly mayBeSpread: () => boolean;
}

type Place<K, S> =
  | { readonly whole: VersionedState<K, S>; readonly isElsewhere: boolean }
  | { readonly whole: undefined; readonly hosted: HostedState<K, S> };

/** The state of one operator, wherever it is. */
export class StateKeeping<K, S> {
  readonly #kept: KeptState<K, S>;
  #place: Place<K, S> | undefined;

  constructor(kept: KeptState<K, S>) {
    this.#kept = kept;
  }

  /** The part of it that tasks of this process work with. */
  get state(): KeyedState<K, S> {
    const place = this.#placed();
    return place.whole ?? place.hosted;
  }

  /** All of it, on the driver. */
  get whole(): VersionedState<K, S> {
    const { whole } = this.#placed();
    invariant(whole !== undefined, "an executor has parts of a state");
    return whole;
  }

  /** What an executor has of it; undefined on the driver, and where the driver has it all. */
  get hosted(): HostedState<K, S> | undefined {
    const place = this.#placed();
    return place.whole === undefined ? place.hosted : undefined;
  }

  /** Where its tasks run in other processes. */
  get elsewhere(): Elsewhere | undefined {
    const place = this.#placed();
    if (place.whole === undefined || !place.isElsewhere) return undefined;
    const { whole } = place;
    return { completed: (partition, versionMs) => whole.completed(partition, versionMs) };
  }

  /** Whether executors have its partitions. */
  get isSpread(): boolean {
    const { mayBeSpread, scope } = this.#kept;
    return scope.spreading !== undefined && mayBeSpread();
  }

  async close(): Promise<void> {
    const place = this.#place;
    if (place !== undefined) await (place.whole ?? place.hosted).close();
  }

  #placed(): Place<K, S> {
    this.#place ??= this.#open();
    return this.#place;
  }

  #open(): Place<K, S> {
    const { form, options, scope, uid: operator } = this.#kept;
    if (!this.isSpread) return { whole: new VersionedState<K, S>(options), isElsewhere: false };
    if (scope.mirror !== undefined) {
      return { whole: undefined, hosted: new HostedState<K, S>({ ...options, form, operator }) };
    }
    const elsewhere = scope.spreading?.elsewhere(operator);
    const isElsewhere = elsewhere !== undefined;
    return { whole: new VersionedState<K, S>({ ...options, elsewhere }), isElsewhere };
  }
}
