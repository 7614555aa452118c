/**
 * Owns: doing with a partition what several places do: counting, taking, handing over to a function.
 * Does not own: the actions of a program (rdd-actions.ts), saving (save.ts).
 */
import type { PartitionBody } from "./environment.ts";
import type { Lineage } from "./lineage.ts";
import { userError } from "./user-function.ts";

/** Counts the records. */
export const counting: PartitionBody<unknown, number> = async (input) => {
  let count = 0;
  await input.each(() => {
    count++;
  });
  return count;
};

/** Takes the first records, or all; it computes no more than it needs. */
export function taking<T>(limit: number = Number.POSITIVE_INFINITY): PartitionBody<T, T[]> {
  return async (input) => {
    const records: T[] = [];
    if (limit <= 0) return records;
    await input.each((record) => {
      records.push(record);
      if (records.length >= limit) input.flow.stopped = true;
    });
    return records;
  };
}

/** Calls a function with the records of the partition, and waits for it. */
export function foreachPartitionOf<T>(
  dataset: Lineage,
  f: (records: readonly T[], partition: number) => unknown,
): PartitionBody<T, void> {
  return async (input) => {
    const records: T[] = [];
    await input.each((record) => {
      records.push(record);
    });
    try {
      await f(records, input.partition);
    } catch (error) {
      throw userError({ ...dataset.site, kind: "foreachPartition" }, input.flow.task, error);
    }
  };
}
