/** Owns: writing a dataset as a directory of part files, and how a record becomes a line. */
import { currentOutput, type SavedPart } from "../output/index.ts";
import type { PartitionBody } from "./environment.ts";
import type { FileWriter, OutputAttempt } from "./files.ts";
import type { RDDNode } from "./node.ts";
import type { PartitionAction } from "./partition-action.ts";
import { userError } from "./user-function.ts";

/** A record a line: strings as they are, everything else as JSON where that says it whole. */
export const textWriter: FileWriter<unknown> = {
  extension: "",
  write: (records) => records.map((record) => `${lineOf(record)}\n`),
};

/** The text of a record in a text file or on the terminal. */
export function lineOf(record: unknown): string {
  if (typeof record !== "object" || record === null) return String(record);
  return JSON.stringify(record, replaceUnsaid);
}

/** What JSON cannot say, as text. */
function replaceUnsaid(_key: string, value: unknown): unknown {
  if (typeof value === "bigint") return String(value);
  if (value instanceof Map) return Object.fromEntries(value);
  if (value instanceof Set) return [...value];
  return value;
}

/**
 * Writes each partition as `directory/part-<number><extension>`; the directory is there when all of them are. Within an
 * output operation it is done once for its batch: when the directory is there, nothing is computed. `actionOf` tells how
 * other processes write the parts, where they know the writer.
 */
export async function saveParts<T>(
  node: RDDNode<T>,
  directory: string,
  writer: FileWriter<T>,
  actionOf?: (attempt: OutputAttempt) => PartitionAction,
): Promise<void> {
  const { files } = node.environment;
  const scope = currentOutput();
  const beginning = await files.beginSave(directory, scope?.identity);
  try {
    scope?.claimDirectory(beginning.directory);
  } catch (error) {
    if (beginning.state === "begun") await files.abandon(beginning.attempt);
    throw error;
  }
  if (beginning.state === "saved") return;
  const { attempt } = beginning;
  try {
    const partitions = Array.from({ length: node.partitionCount }, (_, partition) => partition);
    const body = savingPart(node, attempt, writer);
    const parts = await node.environment.runJob(node, partitions, body, actionOf?.(attempt));
    await files.publish(attempt, parts);
  } catch (error) {
    scope?.releaseDirectory(beginning.directory);
    await files.abandon(attempt);
    throw error;
  }
}

/** Writes the part of a partition. */
export function savingPart<T>(
  node: RDDNode<T>,
  attempt: OutputAttempt,
  writer: FileWriter<T>,
): PartitionBody<T, SavedPart> {
  const { files } = node.environment;
  return async (input) => {
    const records: T[] = [];
    await input.each((record) => {
      records.push(record);
    });
    const name = `part-${String(input.partition).padStart(5, "0")}${writer.extension}`;
    try {
      return await files.writePart(attempt, name, writer.write(records));
    } catch (error) {
      throw userError({ ...node.site, kind: "saveAsFiles" }, input.flow.task, error);
    }
  };
}
