/**
 * Owns: a directory that a dataset is written to: making it or emptying it, and saying that it is complete.
 * Does not own: its files (part-file.ts).
 * Invariants: I1 `_SUCCESS` is there only while all files are there and durable. I2 nothing that another program may
 * have put there is removed.
 */
import { mkdir, open, readdir, rm } from "node:fs/promises";
import { dirname, join } from "node:path";
import { StreamError } from "../base/index.ts";
import { unfinishedSuffix, writePartFile } from "./part-file.ts";

const successName = "_SUCCESS";
const partName = /^part-\d{5,}/;
const unfinishedName = /^\.(part-\d{5,}|_SUCCESS).*\.\d+-\d+(?<suffix>\.\w+)$/;

/**
 * Makes the directory, or removes what an earlier run has written into it. Throws `output_not_directory` where a file
 * is in its place, and `file_not_written`.
 */
export async function openOutputDirectory(path: string): Promise<void> {
  try {
    await mkdir(path, { recursive: true });
    await rm(join(path, successName), { force: true });
    for (const entry of await readdir(path, { withFileTypes: true })) {
      if (entry.isFile() && isOfEarlierRun(entry.name)) await rm(join(path, entry.name));
    }
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    const isNoDirectory = code === "EEXIST" || code === "ENOTDIR";
    throw new StreamError(
      isNoDirectory ? "output_not_directory" : "file_not_written",
      { directory: path },
      { cause: error },
    );
  }
}

function isOfEarlierRun(name: string): boolean {
  return partName.test(name) || unfinishedName.exec(name)?.groups?.["suffix"] === unfinishedSuffix;
}

/**
 * Says by the file `_SUCCESS` that the files of these names are all of it. Throws `output_incomplete` when one of them
 * is gone, and `file_not_written`.
 */
export async function finishOutputDirectory(path: string, names: readonly string[]): Promise<void> {
  await syncDirectory(dirname(path));
  await syncDirectory(path);
  const present = new Set(await readdir(path));
  const missing = names.filter((name) => !present.has(name));
  if (missing.length > 0) {
    throw new StreamError("output_incomplete", { directory: path, missing });
  }
  await writePartFile(path, successName, []);
  await syncDirectory(path);
}

/** Makes the names in a directory durable; Windows does so by itself and lets nobody ask for it. */
async function syncDirectory(path: string): Promise<void> {
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
