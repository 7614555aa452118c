/**
 * Owns: what is done with the partitions of a dataset that every process of the program can do, as plain data; and doing it.
 * Does not own: the actions of a program (rdd-actions.ts), saving (save.ts).
 */
import type { PartitionBody } from "./environment.ts";
import type { OutputAttempt } from "./files.ts";
import type { Lineage } from "./lineage.ts";
import { userError } from "./user-function.ts";

/** How the records of a part file are written: as lines, in Avro containers, or as an output of the program says. */
export type PartWriting = "text" | "object";

/** Work on each partition of a dataset. Plain data. */
export type PartitionAction =
  /** How many records there are. */
  | { readonly kind: "count" }
  /** The first records, or all. */
  | { readonly kind: "records"; readonly limit: number | undefined }
  /** A part file. */
  | { readonly kind: "save"; readonly attempt: OutputAttempt; readonly writing: PartWriting }
  /** What an output of the program does, which is told what it needs to know. */
  | { readonly kind: "output"; readonly uid: string; readonly given: unknown };

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
