/**
 * Owns: the window that is brought forward: what leaves it is taken out by the inverse function, what enters it is added,
 * and keys that do neither cost nothing. What is in it goes into its snapshots, so that no data are kept for what leaves.
 */

import { functionArgument, optionalFunction, StreamError } from "../../../base/index.ts";
import { KeyMap, windowCodecId } from "../../../codec/index.ts";
import type { StateSnapshot, StateUpdate, StoredSnapshot } from "../../../state/index.ts";
import {
  type Aggregator,
  type Combined,
  changeRefused,
  combineInto,
  type Flow,
  guarded,
  type OperatorSite,
  type Partitioner,
  partitionedBy,
  privateCopy,
  pushIterable,
  type RDDNode,
  reducing,
} from "../../rdd/index.ts";
import { nextOnGrid } from "../../time.ts";
import type { DStreamNode } from "../node.ts";
import type { StateWork } from "../state-stage.ts";
import { StatefulNode } from "../stateful-node.ts";
import type { WindowSize } from "./window.ts";
import { CarriedBatches, type Reduced, withBatches } from "./window-batches.ts";

/** The functions of an incremental window; `inverse(f(x, y), x)` must be y. */
export interface WindowFunctions<K, V> {
  readonly f: (left: V, right: V) => V;
  readonly inverse: (total: V, leaving: V) => V;
  /** Keys for which it does not hold are dropped. */
  readonly filter: ((key: K, value: V) => boolean) | undefined;
}

/** Each key of the window with its value, over a stream of per-batch values by key in the partitions of `partitioner`. */
export class IncrementalWindowNode<K, V> extends StatefulNode<K, V, [K, V]> {
  readonly #reduced: DStreamNode<[K, V]>;
  readonly #functions: WindowFunctions<K, V>;
  readonly #windowMs: number;
  /** Times whose batches never entered the window. */
  readonly #givenUpMs = new Set<number>();
  /** What an earlier life left of the batches in the window; undefined where their data are there to make them again. */
  #carried: { readonly untilMs: number; batches: readonly Reduced<K, V>[] } | undefined;

  /** Throws `window_shorter_than_slide`: what is in no window would be subtracted all the same. */
  constructor(
    reduced: DStreamNode<[K, V]>,
    functions: WindowFunctions<K, V>,
    { windowMs, slideMs }: WindowSize,
    partitioner: Partitioner,
  ) {
    super(reduced.scope, "reduceByKeyAndWindow", [reduced], {
      partitioner,
      slideMs,
      parameters: [windowMs, slideMs],
      functions: Object.values(functions).filter((f) => f !== undefined),
      layout: { windowMs, slideMs },
    });
    if (slideMs > windowMs)
      throw new StreamError("window_shorter_than_slide", { windowMs, slideMs });
    this.#reduced = reduced;
    this.#functions = functions;
    functionArgument("inverse", functions.inverse);
    optionalFunction("filter", functions.filter);
    this.#windowMs = windowMs;
  }

  /** Its snapshots carry the batches that have yet to leave it. */
  override get stateCodecId(): string {
    return windowCodecId;
  }

  override beginSnapshot(completedMs?: number): StateSnapshot | undefined {
    const snapshot = super.beginSnapshot(completedMs);
    if (snapshot === undefined) return undefined;
    const { baseVersionMs, versionMs } = snapshot;
    const fromMs = Math.max(baseVersionMs ?? Number.NEGATIVE_INFINITY, versionMs - this.#windowMs);
    // Asked for now: later they may be forgotten.
    return withBatches(snapshot, this.#reducedWithin(fromMs, versionMs));
  }

  override async restoreState(chain: readonly StoredSnapshot[]): Promise<void> {
    const carried = new CarriedBatches<K, V>(this.partitioner);
    await super.restoreState(carried.takeFrom(chain));
    const untilMs = chain.at(-1)?.versionMs;
    if (untilMs === undefined) return;
    const { environment } = this.scope;
    const batches = carried.after(untilMs - this.#windowMs, chain, environment);
    if (batches !== undefined) this.#carried = { untilMs, batches };
  }

  protected override get parentLookBackMs(): number {
    return this.#windowMs + this.slideMs;
  }

  override giveUp(timeMs: number): void {
    if (this.owes(timeMs)) this.#givenUpMs.add(timeMs);
    super.giveUp(timeMs);
  }

  /** The batches that it has yet to let go, which its snapshots carry, are read and restored on the driver. */
  protected override get mayBeSpread(): boolean {
    return false;
  }

  /** The time is made up for before the next one all the same: what leaves the window at it has to go. */
  protected override passOver(_timeMs: number): void {}

  protected override forgetOlder(untilMs: number): void {
    super.forgetOlder(untilMs);
    for (const timeMs of this.#givenUpMs) {
      if (timeMs + this.parentLookBackMs > untilMs) break;
      this.#givenUpMs.delete(timeMs);
    }
    if (this.#carried === undefined) return;
    this.#carried.batches = this.#carried.batches.filter(
      ({ timeMs }) => timeMs + this.parentLookBackMs > untilMs,
    );
  }

  protected async computeNext(timeMs: number): Promise<RDDNode<[K, V]> | undefined> {
    // One slide ago, unless times were passed over while the application was down.
    const sinceMs = this.latestVersionMs;
    const fromMs = timeMs - this.#windowMs;
    const leaving = await this.#reducedWithin(sinceMs - this.#windowMs, Math.min(fromMs, sinceMs));
    const entering = await this.#reducedWithin(Math.max(sinceMs, fromMs), timeMs);
    const stage = this.nextStage(
      timeMs,
      this.#work(leaving, entering),
      // What is given up does not enter, but what has entered before it leaves all the same.
      this.#work(leaving, []),
    );
    return this.readingAt(timeMs, stage);
  }

  /** The batches of the times in (fromMs, untilMs] that are in the window, or are to enter it. */
  async #reducedWithin(fromMs: number, untilMs: number): Promise<Reduced<K, V>[]> {
    const reduced = (this.#carried?.batches ?? []).filter(
      ({ timeMs }) => timeMs > fromMs && timeMs <= untilMs,
    );
    const { slideMs: stepMs } = this.#reduced;
    // What is older than the state never entered the window.
    const afterMs = Math.max(fromMs, this.#carried?.untilMs ?? this.beganAfterMs ?? fromMs);
    const firstMs = nextOnGrid(afterMs, stepMs, this.scope.zeroTimeMs);
    for (let timeMs = firstMs; timeMs <= untilMs; timeMs += stepMs) {
      if (this.#isGivenUp(timeMs) || this.scope.gapAt(timeMs) !== undefined) continue;
      const dataset = await this.#reduced.at(timeMs);
      // That of a batch of an earlier life may be in other partitions than the state is by now.
      if (dataset !== undefined) {
        reduced.push({ timeMs, dataset: partitionedBy(dataset, this.partitioner) });
      }
    }
    return reduced;
  }

  /** Whether the batch of a time was to enter the window at a time that was given up. */
  #isGivenUp(timeMs: number): boolean {
    const enteringMs = nextOnGrid(timeMs - 1, this.slideMs, this.scope.zeroTimeMs);
    return this.#givenUpMs.has(enteringMs);
  }

  #work(leaving: readonly Reduced<K, V>[], entering: readonly Reduced<K, V>[]): StateWork<K, V> {
    // Asked when the work is done: a batch may have been given up since it was made.
    const kept = (batches: readonly Reduced<K, V>[]) =>
      batches.filter(({ timeMs }) => !this.#isGivenUp(timeMs)).map(({ dataset }) => dataset);
    return {
      inputs: () => [...kept(leaving), ...kept(entering)],
      updatePartition: (update, flow) => this.#update(update, kept(leaving), kept(entering), flow),
    };
  }

  async #update(
    update: StateUpdate<K, V>,
    leaving: readonly RDDNode<[K, V]>[],
    entering: readonly RDDNode<[K, V]>[],
    flow: Flow,
  ): Promise<void> {
    const site = this.siteAt(update.version);
    // The value of a key is frozen in the state, and what leaves it is a record: the functions may change neither.
    const f = guarded(onCopy(this.#functions.f), site, flow.task);
    const inverse = guarded(onCopy(this.#functions.inverse), site, flow.task);
    const filter = this.#functions.filter && guarded(this.#functions.filter, site, flow.task);
    const reduce = reducing(this.#functions.f);
    const left = await combined(leaving, update.partition, reduce, site, flow);
    const entered = await combined(entering, update.partition, reduce, site, flow);
    const put = (key: K, value: V): void => {
      if (filter === undefined || filter(key, value)) update.set(key, value);
      else if (update.has(key)) update.delete(key);
    };
    await pushIterable(left.entries(), flow, ([key, { value: gone }]) => {
      const total = update.get(key);
      const added = entered.get(key);
      if (total === undefined) {
        // A key that the filter dropped early has nothing to be taken out of.
        if (added !== undefined || filter !== undefined) return;
        throw new StreamError("window_inconsistent", {
          operator: site.uid,
          key,
          timeMs: update.version,
        });
      }
      const rest = inverse(total, gone);
      put(key, added === undefined ? rest : f(rest, added.value));
      entered.delete(key);
    });
    await pushIterable(entered.entries(), flow, ([key, { value: added }]) => {
      const total = update.get(key);
      put(key, total === undefined ? added : f(total, added));
    });
  }
}

/** The function, given a copy of its left argument; so what it returns is never that argument itself. */
function onCopy<V>(f: (left: V, right: V) => V): (left: V, right: V) => V {
  return (left, right) => {
    try {
      return f(privateCopy(left), right);
    } catch (error) {
      throw changeRefused(error);
    }
  };
}

/** The values of each key over several datasets, in order, as one. */
async function combined<K, V>(
  datasets: readonly RDDNode<[K, V]>[],
  partition: number,
  reduce: Aggregator<V, V>,
  site: OperatorSite,
  flow: Flow,
): Promise<Combined<K, V>> {
  const values: Combined<K, V> = new KeyMap();
  const add = combineInto(values, reduce, site, flow);
  for (const dataset of datasets) await dataset.run(partition, flow.nested(), add);
  return values;
}
