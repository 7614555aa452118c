/**
 * Owns: where the sockets of one driver and its executors lie: a directory that only this user may enter.
 * Does not own: who listens there.
 *
 * A socket's path has a limit of about a hundred bytes. Where the directory of temporary files is too deep for that,
 * /tmp is taken. Windows has named pipes in their place, and no directory.
 */
import { Buffer } from "node:buffer";
import { mkdtemp, rm } from "node:fs/promises";
import { join } from "node:path";
import { StreamError, uniqueName } from "../../base/index.ts";

/** macOS has the smallest limit: 104 bytes with the zero at the end. */
const pathBytesMax = 103;
/** What mkdtemp puts behind the prefix, a separator, and a name like `executor-123456`. */
const roomBytes = 6 + 1 + 16;
const prefix = "millrace-";

export interface SocketDirectory {
  /** Undefined where sockets have no directory. */
  readonly path: string | undefined;
  /** Removes the directory with all sockets in it. */
  remove(): Promise<void>;
}

/** Makes the directory in the first of `parents` whose path is short enough; throws `socket_path_too_long`. */
export async function openSocketDirectory(
  platform: NodeJS.Platform,
  parents: readonly string[],
): Promise<SocketDirectory> {
  if (platform === "win32") return { path: undefined, remove: () => Promise.resolve() };
  const parent = parents.find(
    (path) => Buffer.byteLength(join(path, prefix)) + roomBytes <= pathBytesMax,
  );
  if (parent === undefined) {
    throw new StreamError("socket_path_too_long", { directories: parents, limit: pathBytesMax });
  }
  // mkdtemp makes it for this user alone.
  const path = await mkdtemp(join(parent, prefix));
  return { path, remove: () => rm(path, { recursive: true, force: true }) };
}

/** The start of all addresses in a directory; one of a kind where there is none. */
export function addressBase(directory: SocketDirectory): string {
  return directory.path === undefined
    ? `\\\\.\\pipe\\${prefix}${uniqueName()}-`
    : join(directory.path, "/");
}

/** The address of the driver or an executor. */
export function addressOf(base: string, id: string): string {
  return base + id;
}
