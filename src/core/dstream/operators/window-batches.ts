/**
 * Owns: the batches that an incremental window has yet to let go: as a snapshot carries them, and as it gives them back.
 * Does not own: which batches those are, the window (incremental-window.ts); the form of a snapshot (src/state).
 */
import { keyGroupOf } from "../../../codec/index.ts";
import {
  type CarriedEntry,
  carriedAfterMs,
  type StateEntry,
  type StateSnapshot,
  type StoredSnapshot,
  withoutBatches,
} from "../../../state/index.ts";
import {
  type DatasetEnvironment,
  type Flow,
  type Partitioner,
  type Push,
  pushArray,
  RDDNode,
} from "../../rdd/index.ts";

/** The values by key of one batch. */
export interface Reduced<K, V> {
  readonly timeMs: number;
  readonly dataset: RDDNode<[K, V]>;
}

/** A batch that a snapshot carried, in the partitions of today. */
class CarriedNode<K, V> extends RDDNode<[K, V]> {
  readonly #pairs: readonly (readonly [K, V][])[];
  readonly #count: number;

  constructor(
    environment: DatasetEnvironment,
    partitioner: Partitioner,
    pairs: readonly (readonly [K, V][])[],
  ) {
    super(environment, "reduceByKey", [], partitioner);
    this.#pairs = pairs;
    this.#count = partitioner.partitionCount;
  }

  get partitionCount(): number {
    return this.#count;
  }

  protected compute(partition: number, flow: Flow, push: Push<[K, V]>): Promise<void> {
    return pushArray(this.#pairs[partition] ?? [], flow, push);
  }
}

/** Gathers the batches of a chain of snapshots while it is read. */
export class CarriedBatches<K, V> {
  readonly #partitioner: Partitioner;
  readonly #byTime = new Map<number, [K, V][][]>();

  constructor(partitioner: Partitioner) {
    this.#partitioner = partitioner;
  }

  /** The chain without its batches; they are here once it was read. */
  takeFrom(chain: readonly StoredSnapshot[]): readonly StoredSnapshot[] {
    return chain.map((stored) => withoutBatches(stored, (entry) => this.#take(entry)));
  }

  /** Those after a time, by time; undefined where the chain does not have them all. */
  after(
    fromMs: number,
    chain: readonly StoredSnapshot[],
    environment: DatasetEnvironment,
  ): readonly Reduced<K, V>[] | undefined {
    if (carriedAfterMs(chain) > fromMs) return undefined;
    return [...this.#byTime]
      .filter(([timeMs]) => timeMs > fromMs)
      .sort(([a], [b]) => a - b)
      .map(([timeMs, pairs]) => ({
        timeMs,
        dataset: new CarriedNode(environment, this.#partitioner, pairs),
      }));
  }

  #take({ key, timeMs, value }: CarriedEntry): void {
    let parts = this.#byTime.get(timeMs);
    if (parts === undefined) {
      parts = Array.from({ length: this.#partitioner.partitionCount }, (): [K, V][] => []);
      this.#byTime.set(timeMs, parts);
    }
    // The snapshots are those of this window: its keys and values.
    parts[this.#partitioner.partitionOf(key)]?.push([key as K, value as V]);
  }
}

/** The snapshot with these batches behind its own entries. */
export function withBatches<K, V>(
  snapshot: StateSnapshot,
  batches: Promise<readonly Reduced<K, V>[]>,
): StateSnapshot {
  // Whoever reads the entries hears of it.
  batches.catch(() => {});
  return {
    versionMs: snapshot.versionMs,
    baseVersionMs: snapshot.baseVersionMs,
    confirm: () => snapshot.confirm(),
    release: () => snapshot.release(),
    entries: async function* (keysMax = 256) {
      yield* snapshot.entries(keysMax);
      for (const batch of await batches) yield* entriesOf(batch, keysMax);
    },
  };
}

async function* entriesOf<K, V>(
  { dataset, timeMs }: Reduced<K, V>,
  keysMax: number,
): AsyncGenerator<readonly StateEntry[], void, undefined> {
  for (let partition = 0; partition < dataset.partitionCount; partition++) {
    const [pairs = []] = await dataset.environment.runJob(dataset, [partition], async (input) => {
      const gathered: [K, V][] = [];
      await input.each((pair) => void gathered.push(pair));
      return gathered;
    });
    for (let from = 0; from < pairs.length; from += keysMax) {
      yield pairs.slice(from, from + keysMax).map(([key, value]) => {
        return { group: keyGroupOf(key), key, value, usedAtMs: timeMs };
      });
    }
  }
}
