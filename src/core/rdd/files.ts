/** Owns: the port through which datasets reach files and programs of the machine. */
import type { BatchOutputIdentity, SavedPart } from "../output/index.ts";

/** Bytes or text of a file, in pieces. */
export type FileChunks =
  | Iterable<string | Uint8Array>
  | AsyncIterable<string | Uint8Array>
  | Promise<Iterable<string | Uint8Array>>;

/** A file format of one's own: what a file of these records contains. */
export interface FileWriter<T> {
  /** The end of the file's name, with its dot; none where it is empty. */
  readonly extension: string;
  write(records: readonly T[]): FileChunks;
}

/** One attempt at saving a dataset. Plain data, so that every task can be told it. */
export interface OutputAttempt {
  /** Where the dataset will be: one name for each place. */
  readonly directory: string;
  /** Where its parts are written before it is there; of this attempt alone. */
  readonly unfinishedDirectory: string;
  /** Whose it is; undefined outside of an output operation. */
  readonly output: BatchOutputIdentity | undefined;
}

/** Where a save begins: with an attempt, or at its end, as the same output of the same batch has been saved before. */
export type SaveBeginning =
  | { readonly state: "begun"; readonly directory: string; readonly attempt: OutputAttempt }
  | { readonly state: "saved"; readonly directory: string };

/** Where datasets meet the machine. */
export interface DatasetFiles {
  /** Writes Avro object container files of the default codec. */
  readonly objectWriter: FileWriter<unknown>;
  /** Begins to save into a directory. Throws `output_taken` when it holds anything else. */
  beginSave(directory: string, output: BatchOutputIdentity | undefined): Promise<SaveBeginning>;
  /** Writes one part whole, or not at all. */
  writePart(attempt: OutputAttempt, name: string, chunks: FileChunks): Promise<SavedPart>;
  /** Shows the directory with these parts, all at once; where the same output was faster, its own stay. */
  publish(attempt: OutputAttempt, parts: readonly SavedPart[]): Promise<void>;
  /** Removes what an attempt has written that will not be published. */
  abandon(attempt: OutputAttempt): Promise<void>;
  /** Runs a program, with these lines on its standard input; gives the lines of its standard output. */
  pipe(
    command: string | readonly string[],
    lines: Iterable<string>,
    options: { env?: Readonly<Record<string, string>>; signal: AbortSignal },
  ): AsyncIterable<string>;
}
