/** Owns: a dataset over records in memory. */
import type { DatasetEnvironment } from "../environment.ts";
import { type Flow, type Push, pushArray } from "../flow.ts";
import { RDDNode } from "../node.ts";

/** The records of arrays, one partition each. */
export class ArrayNode<T> extends RDDNode<T> {
  readonly #partitions: readonly (readonly T[])[];

  constructor(
    environment: DatasetEnvironment,
    kind: string,
    partitions: readonly (readonly T[])[],
  ) {
    super(environment, kind, []);
    this.#partitions = partitions;
  }

  get partitionCount(): number {
    return this.#partitions.length;
  }

  protected compute(partition: number, flow: Flow, push: Push<T>): Promise<void> {
    return pushArray(this.#partitions[partition] ?? [], flow, push);
  }
}

/** Cuts records into `count` slices of about the same size, in order. */
export function slices<T>(records: readonly T[], count: number): (readonly T[])[] {
  return Array.from({ length: count }, (_, index) =>
    records.slice(
      Math.floor((index * records.length) / count),
      Math.floor(((index + 1) * records.length) / count),
    ),
  );
}
