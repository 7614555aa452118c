/** Owns: the port through which datasets reach files and programs of the machine. */

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

/** Where datasets meet the machine. */
export interface DatasetFiles {
  /** Writes Avro object container files of the default codec. */
  readonly objectWriter: FileWriter<unknown>;
  /** Makes the directory, or empties it of the parts of an earlier run. */
  openDirectory(directory: string): Promise<void>;
  /** Writes one file whole, or not at all. */
  writePart(directory: string, name: string, chunks: FileChunks): Promise<void>;
  /** Says that all parts are there. */
  finishDirectory(directory: string, names: readonly string[]): Promise<void>;
  /** Runs a program, with these lines on its standard input; gives the lines of its standard output. */
  pipe(
    command: string | readonly string[],
    lines: Iterable<string>,
    options: { env?: Readonly<Record<string, string>>; signal: AbortSignal },
  ): AsyncIterable<string>;
}
