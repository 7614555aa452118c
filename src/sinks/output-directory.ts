/**
 * Owns: a directory that a dataset is saved as: beginning an attempt, showing it, and what is left of the others.
 * Does not own: its files (part-file.ts), its manifest (src/core), durable directories (durable-directory.ts).
 *
 * An attempt writes into `.<name>.unfinished/<attempt>/`, which is renamed to `<name>/` when all is in it and on the disk.
 * Invariants: I1 a directory with a manifest has all parts that it names, whole and durable, from its first moment on, and
 * nothing in it changes afterwards. I2 of all attempts at one directory one is shown, ever: a directory that is not empty
 * cannot be renamed over. I3 a name of the user's is never removed, but for an empty directory.
 */
import { mkdir, readdir, readFile, rename, rm, rmdir } from "node:fs/promises";
import { basename, dirname, join, resolve } from "node:path";
import { localPath, StreamError, uniqueName } from "../base/index.ts";
import {
  type BatchOutputIdentity,
  decodeManifest,
  encodeManifest,
  isOutputOf,
  manifestName,
  type OutputAttempt,
  type SaveBeginning,
  type SavedPart,
} from "../core/index.ts";
import { makeDurable, syncDirectory } from "./durable-directory.ts";
import { unfinishedSuffix, writePartFile } from "./part-file.ts";

/** What tells other programs that all files are there; it is empty. */
const successName = "_SUCCESS";

/**
 * Begins to save into a directory, unless the same output of the same batch has done so. Throws `output_not_directory`
 * where a file is in its place, `output_taken` where it holds anything else, `manifest_invalid`, `file_not_written`, and
 * `argument_invalid` for an address that is not on this machine.
 */
export async function beginOutput(
  address: string,
  output: BatchOutputIdentity | undefined,
): Promise<SaveBeginning> {
  const directory = resolve(localPath(address));
  return io(directory, async () => {
    if (await isSaved(directory, output)) {
      await removeUnfinished(directory);
      return { state: "saved", directory };
    }
    // Two attempts, of this process or another, never share what they write to.
    const unfinishedDirectory = join(unfinishedOf(directory), uniqueName());
    await makeDurable(dirname(directory));
    await mkdir(unfinishedDirectory, { recursive: true });
    return { state: "begun", directory, attempt: { directory, unfinishedDirectory, output } };
  });
}

/**
 * Shows the directory of an attempt, under its name and with these parts; where another attempt at the same output of the
 * same batch was faster, that one's stay. Throws `output_incomplete` when a part is gone, `output_taken`,
 * `file_not_written`.
 */
export async function publishOutput(
  { directory, unfinishedDirectory, output }: OutputAttempt,
  parts: readonly SavedPart[],
): Promise<void> {
  await io(directory, async () => {
    await keepOnly(unfinishedDirectory, parts);
    try {
      await writePartFile(unfinishedDirectory, manifestName, [encodeManifest({ output, parts })]);
      await writePartFile(unfinishedDirectory, successName, []);
      await syncDirectory(unfinishedDirectory);
      await rename(unfinishedDirectory, directory);
    } catch (error) {
      // The attempt that was faster also removes what the others are still writing.
      if (!(await isSaved(directory, output))) throw error;
    }
    await syncDirectory(dirname(directory));
    await removeUnfinished(directory);
  });
}

/** Removes what an attempt has written; what cannot be removed is left for the next one. */
export async function abandonOutput(attempt: OutputAttempt): Promise<void> {
  try {
    await rm(attempt.unfinishedDirectory, { recursive: true, force: true });
    // Refused while there are other attempts.
    await rmdir(dirname(attempt.unfinishedDirectory));
  } catch {}
}

function unfinishedOf(directory: string): string {
  return join(dirname(directory), `.${basename(directory)}${unfinishedSuffix}`);
}

/**
 * All attempts at a directory that is there: none of them will be shown. Of one that is still being written, by a driver
 * that does not know yet that it lost its place, the next write fails.
 */
async function removeUnfinished(directory: string): Promise<void> {
  await rm(unfinishedOf(directory), { recursive: true, force: true }).catch(() => {});
}

/** Whether the directory is that of this output; false where there is nothing, or an empty directory. */
async function isSaved(
  directory: string,
  output: BatchOutputIdentity | undefined,
): Promise<boolean> {
  const names = await namesIn(directory);
  if (names.length === 0) return false;
  if (!names.includes(manifestName)) {
    throw new StreamError("output_taken", { directory, reason: "it has files and no manifest" });
  }
  const file = join(directory, manifestName);
  const manifest = decodeManifest(await readFile(file, "utf8"), file);
  if (isOutputOf(manifest, output)) return true;
  const { applicationId, outputUid, batchTimeMs } = manifest.output ?? {};
  throw new StreamError("output_taken", {
    directory,
    reason: "another output, or another batch, has saved into it",
    applicationId,
    outputUid,
    batchTimeMs,
  });
}

async function namesIn(directory: string): Promise<readonly string[]> {
  try {
    return await readdir(directory);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === "ENOENT") return [];
    if (code !== "ENOTDIR") throw error;
    throw new StreamError("output_not_directory", { directory }, { cause: error });
  }
}

/** Removes what tasks have left that died, so that it is not shown; all parts have to be there. */
async function keepOnly(directory: string, parts: readonly SavedPart[]): Promise<void> {
  const present = await namesIn(directory);
  const wanted = new Set(parts.map(({ name }) => name));
  const missing = [...wanted].filter((name) => !present.includes(name));
  if (missing.length > 0) throw new StreamError("output_incomplete", { directory, missing });
  for (const name of present)
    if (!wanted.has(name)) await rm(join(directory, name), { recursive: true });
}

async function io<T>(directory: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof StreamError) throw error;
    const { code } = error as NodeJS.ErrnoException;
    const isNoDirectory = code === "EEXIST" || code === "ENOTDIR";
    throw new StreamError(
      isNoDirectory ? "output_not_directory" : "file_not_written",
      { directory },
      { cause: error },
    );
  }
}
