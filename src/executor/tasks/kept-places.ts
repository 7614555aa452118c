/**
 * Owns: which executor has the kept partitions of a persisted dataset, as far as the driver has sent tasks there.
 * Does not own: the partitions (the block store of that executor), which executor runs what is not kept.
 *
 * I1. A task runs where the first one of its number ran that read the same kept dataset, for as long as that executor lives.
 * So it may wait, as a second computation would show in accumulators, and in whatever does not give the same twice. Where a
 * union has given a partition another number, it may be computed twice all the same.
 */
import type { DatasetAddress } from "../../core/index.ts";
import type { TaskRequest } from "./task-messages.ts";

/** The executors of kept partitions, by dataset and partition. */
export class KeptPlaces {
  readonly #executors = new Map<string, Map<number, string>>();

  /** Where a task has to run that reads these datasets; undefined where that is open yet. */
  of(kept: TaskRequest["kept"], partition: number, living: readonly string[]): string | undefined {
    for (const { dataset } of kept) {
      const executor = this.#executors.get(nameOf(dataset))?.get(partition);
      if (executor !== undefined && living.includes(executor)) return executor;
    }
    return undefined;
  }

  /** A task that reads these datasets was sent there. */
  sent(kept: TaskRequest["kept"], partition: number, executor: string): void {
    for (const { dataset } of kept) {
      const name = nameOf(dataset);
      const places = this.#executors.get(name) ?? new Map<number, string>();
      this.#executors.set(name, places.set(partition, executor));
    }
  }

  /** The dataset is kept no longer. */
  unpersisted(dataset: DatasetAddress): void {
    this.#executors.delete(nameOf(dataset));
  }
}

function nameOf({ index, stream, timeMs }: DatasetAddress): string {
  return `${timeMs} ${index} ${stream}`;
}
