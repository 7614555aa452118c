/**
 * Owns: directories of outputs that are found again after power loss.
 * Invariant: I1 a directory that was made durable keeps its name, with all that lead to it. Whoever made it may have died
 * before the sync, or have been another program, so one that is there already is synced as well, once in this process.
 */
import { mkdir, open } from "node:fs/promises";
import { dirname } from "node:path";
import { StreamError } from "../base/index.ts";

/** A bound on memory, not more: one that is forgotten is synced again. */
const knownMax = 10_000;
const known = new Set<string>();

/** Makes a directory with all that lead to it, durable. The path is absolute. */
export async function makeDurable(directory: string): Promise<void> {
  const firstMade = await mkdir(directory, { recursive: true });
  if (known.size > knownMax) known.clear();
  for (let path = directory; dirname(path) !== path; path = dirname(path)) {
    const isNew = firstMade !== undefined && path.length >= firstMade.length;
    if (!isNew && known.has(path)) return;
    try {
      await syncDirectory(dirname(path));
    } catch (error) {
      // A directory that is not ours to look into; nothing in it was made here.
      if (isNew) throw error;
    }
    known.add(path);
  }
}

/** Makes the names in a directory durable; Windows does so by itself and lets nobody ask for it. */
export async function syncDirectory(path: string): Promise<void> {
  if (process.platform === "win32") return;
  try {
    const handle = await open(path, "r");
    try {
      await handle.sync();
    } finally {
      await handle.close();
    }
  } catch (error) {
    throw new StreamError("file_not_written", { directory: path }, { cause: error });
  }
}
