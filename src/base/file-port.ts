/**
 * Owns: the file port, through which everything durable reaches the disk.
 * Does not own: the disk of this machine (system-files.ts), what is made of files (src/store).
 *
 * Invariants of every implementation: I1 errors are those of the operating system, with its code (`ENOENT`) in `code`.
 * I2 nothing is changed in place: a file is written once, from its beginning on, by whoever made it. I3 what was written is
 * in the file for every reader at once, on the disk with the next sync; the same goes for the entries of a directory. I4 all
 * of the bytes are written or the call rejects, and after that nobody knows how many are there.
 */

/** A file that is being written, by whoever made it. One append at a time; a sync may run beside it. */
export interface OutputFile {
  /** Writes all the bytes at the end; they are not to be changed before it resolves. */
  append(bytes: Uint8Array): Promise<void>;
  /** Resolves when what was appended before the call is on the disk; the file's name is not part of it. */
  sync(): Promise<void>;
  /** Lets go of the file, without a sync. Call it once. */
  close(): Promise<void>;
}

export type FileKind = "file" | "directory" | "other";

/** What a path leads to; links are followed. */
export interface FileInfo {
  readonly kind: FileKind;
  readonly byteCount: number;
  readonly modifiedAtMs: number;
}

/** A name in a directory; of a symbolic link the kind is "other". */
export interface DirectoryEntry {
  readonly name: string;
  readonly kind: FileKind;
}

/** Where files are. Paths are absolute, with "/" between their parts. */
export interface FilePort {
  /** Makes a file for writing. Rejects with `EEXIST` when there is anything of that name. */
  create(path: string): Promise<OutputFile>;
  read(path: string): Promise<Uint8Array>;
  /** Bytes from `offset` on; fewer than `byteCount`, or none, where the file ends before. */
  readRange(path: string, offset: number, byteCount: number): Promise<Uint8Array>;
  /** Resolves when everything that anyone has written into a file is on the disk. */
  syncFile(path: string): Promise<void>;
  stat(path: string): Promise<FileInfo>;
  /** Gives a file a second name. Rejects with `EEXIST` when there is anything of that name. */
  link(path: string, newPath: string): Promise<void>;
  unlink(path: string): Promise<void>;
  /** Makes one directory, in one that is there. Rejects with `EEXIST` when there is anything of that name. */
  makeDirectory(path: string): Promise<void>;
  /** What is in a directory, in no order. */
  readDirectory(path: string): Promise<readonly DirectoryEntry[]>;
  /** Resolves when the names in a directory are on the disk as they are now. */
  syncDirectory(path: string): Promise<void>;
}

/** The code that the operating system gave an error (`ENOENT`), if it is one of those. */
export function errnoOf(error: unknown): string | undefined {
  if (!(error instanceof Error) || !("code" in error)) return undefined;
  return typeof error.code === "string" ? error.code : undefined;
}
