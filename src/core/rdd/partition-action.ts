/**
 * Owns: what is done with the partitions of a dataset that every process of the program can do, as plain data.
 * Does not own: doing it (actions.ts, save.ts).
 */
import type { OutputAttempt } from "./files.ts";

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
