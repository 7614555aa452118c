/**
 * Owns: giving out the addresses of datasets, and finding a stage by its own.
 * Does not own: what an address is (address.ts), which datasets have one (src/core/dstream).
 *
 * I1. The same stream makes the same datasets for a batch time wherever it is asked, and depends on them in the same order:
 * so a place in that order is a name. What was there before has no such place, as it may be there for the first time.
 */
import type { DatasetAddress } from "./address.ts";
import type { Addressing, Dependency, Lineage, StageBarrier } from "./lineage.ts";

/** Gives out the addresses of what one stream makes of one batch time. */
export class Numbering implements Addressing {
  readonly #stream: string;
  readonly #timeMs: number;
  readonly #firstId: number;
  readonly #rootIsNamed: boolean;
  readonly #datasets: Lineage[] = [];

  /** `firstId`: datasets with a lower id were there before. A root that is not named keeps its place all the same. */
  constructor(
    place: { readonly stream: string; readonly timeMs: number },
    options: { readonly firstId: number; readonly rootIsNamed?: boolean },
  ) {
    this.#stream = place.stream;
    this.#timeMs = place.timeMs;
    this.#firstId = options.firstId;
    this.#rootIsNamed = options.rootIsNamed ?? true;
  }

  /** The address of the next dataset; undefined for one that has none. */
  next(dataset: Lineage): DatasetAddress | undefined {
    if (dataset.id < this.#firstId) return undefined;
    const index = this.#datasets.push(dataset) - 1;
    if (index === 0 && !this.#rootIsNamed) return undefined;
    return { stream: this.#stream, timeMs: this.#timeMs, index };
  }

  /** The dataset with that place. */
  at(index: number): Lineage | undefined {
    return this.#datasets[index];
  }
}

/** The stage that is reached from a dataset on that way; undefined where there is none. */
export function stageAt(reader: Lineage, path: readonly number[]): StageBarrier | undefined {
  let dependencies: readonly Dependency[] = reader.dependencies;
  let barrier: StageBarrier | undefined;
  for (const place of path) {
    const dependency = dependencies[place];
    if (dependency?.kind !== "stage") return undefined;
    barrier = dependency.barrier;
    dependencies = barrier.dependencies;
  }
  return barrier;
}
