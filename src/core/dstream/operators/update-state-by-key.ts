/** Owns: `updateStateByKey`: a function over every known key, in every batch. */
import { functionArgument } from "../../../base/index.ts";
import { KeyMap } from "../../../codec/index.ts";
import type { StateUpdate } from "../../../state/index.ts";
import {
  assertSameContext,
  type Flow,
  type Partitioner,
  partitionedBy,
  pushIterable,
  type RDDNode,
  refusePromise,
  userError,
} from "../../rdd/index.ts";
import type { DStreamNode } from "../node.ts";
import { scanAll } from "../state-stage.ts";
import { type StateForm, StatefulNode } from "../stateful-node.ts";
import type { StreamScope } from "../stream.ts";

/**
 * Makes the new state of a key of its values in the batch (none where it has no data) and its state, undefined where it
 * has none; undefined removes the key. The same reference means unchanged. The batch time is in ms since the epoch.
 */
export type UpdateFunction<K, V, S, R = S> = (
  values: readonly V[],
  state: S | undefined,
  key: K,
  timeMs: number,
) => R | undefined;

/** As `UpdateFunction`, over all keys of a partition at once: the keys that it gives no state for are removed. */
export type UpdatePartitionFunction<K, V, S, R = S> = (
  entries: Iterable<readonly [K, readonly V[], S | undefined]>,
  timeMs: number,
) => Iterable<readonly [K, R]>;

/** How a stateful operator is set up. */
export interface StateOptions<K, S> {
  readonly partitioner: Partitioner;
  readonly initialState?: RDDNode<[K, S]> | undefined;
  /** Hand out clones that may be changed in place, instead of frozen values. */
  readonly clone?: ((value: S) => S) | undefined;
  /** Leave values as they are: neither frozen nor cloned. */
  readonly unprotected?: boolean | undefined;
  readonly form?: StateForm<K, S> | undefined;
}

const noValues: readonly never[] = Object.freeze([]);

/** The stream of all keys with their state, after each batch. */
export class UpdateStateByKeyNode<K, V, S> extends StatefulNode<K, S, [K, S]> {
  readonly #parent: DStreamNode<[K, V]>;
  readonly #f: UpdateFunction<K, V, S> | undefined;
  readonly #partitionFunction: UpdatePartitionFunction<K, V, S> | undefined;
  #initial: RDDNode<[K, S]> | undefined;

  constructor(
    parent: DStreamNode<[K, V]>,
    f: { each: UpdateFunction<K, V, S> } | { partitions: UpdatePartitionFunction<K, V, S> },
    options: StateOptions<K, S>,
  ) {
    super(parent.scope, "updateStateByKey", [parent], {
      partitioner: options.partitioner,
      state: protectionOf(options),
      form: options.form,
      functions: ["each" in f ? f.each : f.partitions],
    });
    this.#parent = parent;
    this.#f = "each" in f ? functionArgument("f", f.each) : undefined;
    this.#partitionFunction = "partitions" in f ? functionArgument("f", f.partitions) : undefined;
    checkInitial(parent.scope, options.initialState);
    this.#initial =
      options.initialState && partitionedBy(options.initialState, options.partitioner);
  }

  protected async computeNext(timeMs: number): Promise<RDDNode<[K, S]> | undefined> {
    const given = await this.#parent.at(timeMs);
    if (given === undefined && !this.hasState) return undefined;
    if (this.#initial !== undefined && !this.hasState) this.loadInitial(timeMs, this.#initial);
    // An executor may be asked for the first batch later.
    if (this.scope.mirror === undefined) this.#initial = undefined;
    const input = given && partitionedBy(given, this.partitioner);
    const stage = this.nextStage(timeMs, {
      inputs: () => (input === undefined ? [] : [input]),
      updatePartition: (update, flow) => this.#update(update, input, flow),
    });
    return this.readingAt(timeMs, stage);
  }

  async #update(
    update: StateUpdate<K, S>,
    input: RDDNode<[K, V]> | undefined,
    flow: Flow,
  ): Promise<void> {
    const grouped = await groupValues(input, update.partition, flow);
    if (this.#f !== undefined) await this.#updateEach(update, grouped, this.#f, flow);
    else await this.#updateAll(update, grouped, flow);
  }

  async #updateEach(
    update: StateUpdate<K, S>,
    grouped: KeyMap<K, V[]>,
    f: UpdateFunction<K, V, S>,
    flow: Flow,
  ): Promise<void> {
    const site = this.siteAt(update.version);
    const timeMs = update.version;
    const { mutable } = update;
    const call = (values: readonly V[], state: S | undefined, key: K): void => {
      let result: S | undefined;
      try {
        result = f(values, state, key, timeMs);
        if (result === state && !mutable) return;
        refusePromise(result);
      } catch (error) {
        throw userError(site, flow.task, error);
      }
      if (result !== undefined) update.set(key, result);
      else if (state !== undefined) update.delete(key);
    };
    await scanAll(update.scan(), flow, (key, state) => {
      const values = grouped.get(key);
      if (values === undefined) return call(noValues, state, key);
      grouped.delete(key);
      call(values, state, key);
    });
    await pushIterable(grouped.entries(), flow, ([key, values]) => call(values, undefined, key));
  }

  async #updateAll(update: StateUpdate<K, S>, grouped: KeyMap<K, V[]>, flow: Flow): Promise<void> {
    const entries: [K, readonly V[], S | undefined][] = [];
    const dropped = new KeyMap<K, S>();
    await scanAll(update.scan(), flow, (key, state) => {
      entries.push([key, grouped.get(key) ?? noValues, state]);
      grouped.delete(key);
      dropped.set(key, state);
    });
    grouped.forEach((values, key) => entries.push([key, values, undefined]));
    try {
      const states = this.#partitionFunction?.(entries, update.version) ?? [];
      await pushIterable(states, flow, ([key, state]) => {
        if (state === undefined) return;
        if (update.mutable || dropped.get(key) !== state) update.set(key, state);
        dropped.delete(key);
      });
    } catch (error) {
      throw userError(this.siteAt(update.version), flow.task, error);
    }
    dropped.forEach((_, key) => update.delete(key));
  }
}

/** Throws `data_contexts_differ` for states of another data context. */
export function checkInitial(
  { environment }: StreamScope,
  initial: RDDNode<[never, unknown]> | RDDNode<[unknown, unknown]> | undefined,
): void {
  if (initial !== undefined) assertSameContext(initial.environment, environment);
}

/** How the values of a state are kept from being changed. */
export function protectionOf<K, S>(
  options: Omit<StateOptions<K, S>, "partitioner">,
): { clone: (value: S) => S } | { protect: "freeze" | "none" } {
  if (options.clone !== undefined) return { clone: options.clone };
  return { protect: options.unprotected === true ? "none" : "freeze" };
}

async function groupValues<K, V>(
  input: RDDNode<[K, V]> | undefined,
  partition: number,
  flow: Flow,
): Promise<KeyMap<K, V[]>> {
  const grouped = new KeyMap<K, V[]>();
  await input?.run(partition, flow.nested(), ([key, value]) => {
    const values = grouped.get(key);
    if (values === undefined) grouped.set(key, [value]);
    else values.push(value);
  });
  return grouped;
}
