/**
 * Owns: why nothing can be written into a directory of this machine, in the words of the error codes.
 * Does not own: the lock, whose own errors say only that it could not be opened (driver-lock.ts).
 */
import { dirname } from "node:path";
import { type ErrorCode, errnoOf, type FilePort, StreamError, uniqueName } from "../base/index.ts";

/** About what the files of a lock need. */
const probeBytes = 2 ** 14;

const codes: Readonly<Record<string, ErrorCode>> = {
  ENOSPC: "store_full",
  EDQUOT: "store_full",
  EACCES: "store_denied",
  EPERM: "store_denied",
  EROFS: "store_denied",
  ENOTDIR: "directory_blocked",
  EEXIST: "directory_blocked",
  ENOENT: "directory_blocked",
};

/** Makes a directory with all above it; one that is there is left as it is. */
export async function makeDirectories(files: FilePort, directory: string): Promise<void> {
  try {
    await files.makeDirectory(directory);
  } catch (error) {
    const errno = errnoOf(error);
    if (errno === "EEXIST") return;
    const above = dirname(directory);
    if (errno !== "ENOENT" || above === directory) throw error;
    await makeDirectories(files, above);
    await files.makeDirectory(directory);
  }
}

/**
 * Tries to write where the lock of a directory is, and gives the error that says why that fails: `store_full`, `store_denied`,
 * `directory_blocked`, or the system's own; undefined where it does not fail. What it wrote is gone again.
 */
export async function whyUnwritable(files: FilePort, directory: string): Promise<unknown> {
  const folder = `${directory}/lock`;
  try {
    await makeDirectories(files, folder);
    await tryToWrite(files, `${folder}/probe-${uniqueName()}`);
    return undefined;
  } catch (error) {
    const errno = errnoOf(error);
    const code = errno === undefined ? undefined : codes[errno];
    if (code === undefined) return error;
    return new StreamError(code, { directory, errno }, { cause: error });
  }
}

async function tryToWrite(files: FilePort, path: string): Promise<void> {
  const file = await files.create(path);
  try {
    await file.append(new Uint8Array(probeBytes));
    // Some file systems find room only when they have to.
    await file.sync();
  } finally {
    await file.close();
    await files.unlink(path);
  }
}
