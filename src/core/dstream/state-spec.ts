/** Owns: how a program says what state it wants: the builder of `mapWithState`, and the settings of both. */
import { functionArgument, instanceArgument, optionalFunction } from "../../base/index.ts";
import type { StateCodec } from "../../state/index.ts";
import {
  type Partitioner,
  type Partitioning,
  partitionedBy,
  RDD,
  type TupleHint,
} from "../rdd/index.ts";
import { type Duration, duration } from "../time.ts";
import type { MappingFunction } from "./operators/map-with-state.ts";
import type { StateOptions } from "./operators/update-state-by-key.ts";
import type { StateBackend } from "./state-backend.ts";

/** How a keyed state is set up. */
export interface StateSettings<K, S> {
  /** That many partitions by key group, or a partitioner of one's own. */
  readonly partitioning?: Partitioning | undefined;
  /** The state to begin with. */
  readonly initialState?: RDD<[K, S]> | undefined;
  /** Hand out clones that the function may change in place, instead of frozen values. */
  readonly mutable?: ((value: S) => S) | undefined;
  /** Neither freeze nor clone values: the function promises to change nothing in place. */
  readonly unprotected?: boolean | undefined;
  /**
   * The version of the form of the states (default 1): a whole number up to 10,000, to be raised when what the program keeps
   * per key changes. A program does not start over states of an older version that it cannot `migrate`.
   */
  readonly version?: number | undefined;
  /**
   * Makes a state of today's form of one that an older version of the program stored; undefined removes the key. Called when a
   * state is restored, never in a batch.
   */
  readonly migrate?:
    | ((state: unknown, fromVersion: number, key: K) => NoInfer<S> | undefined)
    | undefined;
  /** In memory, or in LevelDB, for a state larger than memory (default: what the context says). */
  readonly backend?: StateBackend | undefined;
  /** How states are written in snapshots: by an Avro schema, or in a way of one's own (default: any plain data, as it is). */
  readonly codec?: StateCodec<NoInfer<S>> | undefined;
}

/** Settings in the form that operators take them. */
export function stateOptionsOf<K, S>(
  settings: StateSettings<K, S>,
  partitioner: Partitioner,
): StateOptions<K, S> {
  const { initialState, mutable, unprotected, version, migrate, codec, backend } = settings;
  optionalFunction("mutable", mutable);
  optionalFunction("migrate", migrate);
  if (initialState !== undefined) instanceArgument("initialState", initialState, RDD);
  return {
    partitioner,
    initialState: initialState && partitionedBy(initialState.node, partitioner),
    clone: mutable,
    unprotected,
    form: { version, migrate, codec, backend },
  };
}

/** What `mapWithState` is told; each method gives a new spec. */
export class StateSpec<K, V, S, M> {
  readonly f: MappingFunction<K, V, S, M>;
  readonly settings: StateSettings<K, S> & { readonly timeout?: Duration };

  private constructor(
    f: MappingFunction<K, V, S, M>,
    settings: StateSettings<K, S> & { readonly timeout?: Duration },
  ) {
    this.f = f;
    this.settings = settings;
  }

  /** A spec with this function: called for each record with the state of its key. */
  static function<K, V, S, M = never>(
    f: MappingFunction<K, V, S, M | TupleHint | void>,
  ): StateSpec<K, V, S, M> {
    return new StateSpec(functionArgument("f", f) as MappingFunction<K, V, S, M>, {});
  }

  /** The state to begin with. */
  initialState(dataset: RDD<[K, S]>): StateSpec<K, V, S, M> {
    return new StateSpec(this.f, { ...this.settings, initialState: dataset });
  }

  /** That many partitions, by key group. */
  numPartitions(partitionCount: number): StateSpec<K, V, S, M> {
    return new StateSpec(this.f, { ...this.settings, partitioning: partitionCount });
  }

  /** The partitions of a partitioner of one's own. */
  partitioner(partitioner: Partitioner): StateSpec<K, V, S, M> {
    return new StateSpec(this.f, { ...this.settings, partitioning: partitioner });
  }

  /** A key that was not used for longer than this goes in the batch in which that falls due; throws `duration_invalid`. */
  timeout(idle: Duration): StateSpec<K, V, S, M> {
    return new StateSpec(this.f, { ...this.settings, timeout: duration(idle, "timeout") });
  }

  /**
   * The version of the form of the states (default 1): a whole number up to 10,000, to be raised when what the program keeps
   * per key changes. A program does not start over states of an older version that it cannot `migrate`.
   */
  version(version: number): StateSpec<K, V, S, M> {
    return new StateSpec(this.f, { ...this.settings, version });
  }

  /**
   * Makes a state of today's form of one that an older version of the program stored; undefined removes the key. Called when a
   * state is restored, never in a batch.
   */
  migrate(
    migrate: (state: unknown, fromVersion: number, key: K) => S | undefined,
  ): StateSpec<K, V, S, M> {
    return new StateSpec(this.f, {
      ...this.settings,
      migrate: functionArgument("migrate", migrate),
    });
  }

  /** In memory, or in LevelDB, for a state larger than memory (default: what the context says). `argument_invalid`. */
  backend(backend: StateBackend): StateSpec<K, V, S, M> {
    return new StateSpec(this.f, { ...this.settings, backend });
  }

  /** How states are written in snapshots: by an Avro schema, or in a way of one's own (default: any plain data, as it is). */
  codec(codec: StateCodec<S>): StateSpec<K, V, S, M> {
    return new StateSpec(this.f, { ...this.settings, codec });
  }

  /** Hand out clones that the function may change in place, instead of frozen values. */
  mutable(clone: (value: S) => S): StateSpec<K, V, S, M> {
    return new StateSpec(this.f, { ...this.settings, mutable: clone });
  }
}

/** A function as a spec, and a spec as it is; throws `argument_invalid` for anything else. */
export function specOf<K, V, S, M>(
  spec: StateSpec<K, V, S, M> | MappingFunction<K, V, S, M | TupleHint | void>,
): StateSpec<K, V, S, M> {
  if (spec instanceof StateSpec) return spec;
  return StateSpec.function(spec);
}
