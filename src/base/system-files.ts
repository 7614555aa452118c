/** Owns: the file port on the file systems of this machine. */
import {
  type FileHandle,
  link,
  mkdir,
  open,
  readdir,
  readFile,
  stat,
  unlink,
} from "node:fs/promises";
import type { DirectoryEntry, FileInfo, FilePort, OutputFile } from "./file-port.ts";

/** The part of a file handle that writing needs. */
export interface WritableHandle {
  write(bytes: Uint8Array, offset: number, length: number): Promise<{ bytesWritten: number }>;
}

/** The files of this machine. */
export const systemFiles: FilePort = {
  create: async (path) => outputFile(await open(path, "ax")),
  read: (path) => readFile(path),
  readRange: (path, offset, byteCount) =>
    withHandle(path, (handle) => readUpTo(handle, offset, byteCount)),
  syncFile: (path) => withHandle(path, (handle) => handle.datasync()),
  stat: async (path) => infoOf(await stat(path)),
  link: (path, newPath) => link(path, newPath),
  unlink: (path) => unlink(path),
  makeDirectory: (path) => mkdir(path),
  readDirectory: async (path) =>
    (await readdir(path, { withFileTypes: true })).map(
      (entry): DirectoryEntry => ({ name: entry.name, kind: kindOf(entry) }),
    ),
  syncDirectory: (path) => withHandle(path, (handle) => handle.sync()),
};

function outputFile(handle: FileHandle): OutputFile {
  return {
    append: (bytes) => writeAll(handle, bytes),
    // The length of the file is among what it brings to the disk, the times are not.
    sync: () => handle.datasync(),
    close: () => handle.close(),
  };
}

/** Writes all the bytes, however few of them the system takes at a time. Rejects with `EIO` when it takes none. */
export async function writeAll(handle: WritableHandle, bytes: Uint8Array): Promise<void> {
  let offset = 0;
  while (offset < bytes.length) {
    const { bytesWritten } = await handle.write(bytes, offset, bytes.length - offset);
    if (bytesWritten <= 0) {
      throw Object.assign(new Error("EIO: the system wrote nothing, write"), { code: "EIO" });
    }
    offset += bytesWritten;
  }
}

async function readUpTo(
  handle: FileHandle,
  offset: number,
  byteCount: number,
): Promise<Uint8Array> {
  // Asks first how much there is, so that nobody's wrong length is allocated.
  const { size } = await handle.stat();
  const bytes = new Uint8Array(Math.max(0, Math.min(byteCount, size - offset)));
  let filled = 0;
  while (filled < bytes.length) {
    const { bytesRead } = await handle.read(bytes, filled, bytes.length - filled, offset + filled);
    if (bytesRead === 0) return bytes.subarray(0, filled);
    filled += bytesRead;
  }
  return bytes;
}

async function withHandle<T>(path: string, use: (handle: FileHandle) => Promise<T>): Promise<T> {
  const handle = await open(path, "r");
  try {
    return await use(handle);
  } finally {
    await handle.close();
  }
}

function infoOf(stats: {
  isFile(): boolean;
  isDirectory(): boolean;
  size: number;
  mtimeMs: number;
}): FileInfo {
  return { kind: kindOf(stats), byteCount: stats.size, modifiedAtMs: stats.mtimeMs };
}

function kindOf(entry: { isFile(): boolean; isDirectory(): boolean }): FileInfo["kind"] {
  if (entry.isFile()) return "file";
  return entry.isDirectory() ? "directory" : "other";
}
