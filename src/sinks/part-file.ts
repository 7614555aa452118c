/**
 * Owns: writing one file of an output so that it is there whole or not at all.
 * Does not own: the directory around it (output-directory.ts).
 * Invariants: I1 under its own name a file is whole and synced. I2 a write that fails leaves nothing behind; of one that
 * died a file named `.<name>.<pid>-<number>.unfinished` stays, which goes with the directory or before it is shown.
 */
import { createHash } from "node:crypto";
import { type FileHandle, open, rename, rm } from "node:fs/promises";
import { basename, join } from "node:path";
import { StreamError } from "../base/index.ts";
import type { FileChunks, SavedPart } from "../core/index.ts";
import { ChunkGatherer } from "./chunk-gatherer.ts";

/** What the name of a file or a directory ends in while it is being written. */
export const unfinishedSuffix = ".unfinished";

let unfinishedCount = 0;

/**
 * Writes a file of that name into a directory, in the place of an earlier one, and tells what it wrote. Throws `file_not_written`,
 * `file_chunk_invalid`, and what the chunks throw.
 */
export async function writePartFile(
  directory: string,
  name: string,
  chunks: FileChunks,
): Promise<SavedPart> {
  // At once: while nobody waits for it, a promise that rejects ends the process.
  const given = await chunks;
  const file = join(directory, name);
  if (["", ".", ".."].includes(name) || basename(name) !== name) {
    throw new StreamError("argument_invalid", { name, expected: "the name of a file, not a path" });
  }
  const unfinished = await openUnfinished(directory, name);
  try {
    let written: Omit<SavedPart, "name">;
    try {
      written = await writeChunks(unfinished.handle, file, given);
      await io(file, () => unfinished.handle.sync());
    } finally {
      await io(file, () => unfinished.handle.close());
    }
    await io(file, () => rename(unfinished.path, file));
    return { name, ...written };
  } catch (error) {
    await rm(unfinished.path, { force: true }).catch(() => {});
    throw error;
  }
}

/** Two attempts at one file, in this process or another, never share what they write to. */
async function openUnfinished(
  directory: string,
  name: string,
): Promise<{ path: string; handle: FileHandle }> {
  for (;;) {
    const attempt = `${process.pid}-${unfinishedCount++}`;
    const path = join(directory, `.${name}.${attempt}${unfinishedSuffix}`);
    try {
      return { path, handle: await open(path, "wx") };
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw notWritten(path, error);
    }
  }
}

async function writeChunks(
  handle: FileHandle,
  file: string,
  chunks: Awaited<FileChunks>,
): Promise<Omit<SavedPart, "name">> {
  const gatherer = new ChunkGatherer();
  const hash = createHash("sha256");
  let byteCount = 0;
  const write = async (): Promise<void> => {
    const bytes = gatherer.take();
    hash.update(bytes);
    byteCount += bytes.length;
    // It repeats a write that came out shorter than asked for.
    await io(file, () => handle.writeFile(bytes));
  };
  // Apart from each other, because waiting costs a turn of the queue for each chunk.
  if (Symbol.iterator in chunks) {
    for (const chunk of chunks) {
      gatherer.add(chunk);
      if (gatherer.isFull) await write();
    }
  } else {
    for await (const chunk of chunks) {
      gatherer.add(chunk);
      if (gatherer.isFull) await write();
    }
  }
  await write();
  return { byteCount, sha256: hash.digest("hex") };
}

async function io<T>(file: string, operation: () => Promise<T>): Promise<T> {
  try {
    return await operation();
  } catch (error) {
    throw notWritten(file, error);
  }
}

function notWritten(file: string, cause: unknown): StreamError {
  return new StreamError("file_not_written", { file }, { cause });
}
