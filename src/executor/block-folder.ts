/**
 * Owns: the folder of a block store: a file per block, each with a checksum, and all of them gone with the folder.
 * Does not own: which blocks are on disk (block-store.ts), what their bytes mean (src/core/block-bytes.ts).
 * Invariants: I1 a file under its final name is whole. I2 nothing outside of the folder that it made is ever removed.
 * The files need no fsync: they are working copies that nobody reads after this process.
 */
import { Buffer } from "node:buffer";
import { mkdir, mkdtemp, open, readFile, rename, rm } from "node:fs/promises";
import { join } from "node:path";
import { crc32 } from "node:zlib";
import { StreamError } from "../base/index.ts";

const checksumBytes = 4;

/** A block on disk. */
export interface BlockFile {
  /** The bytes that were written; throws `block_unreadable`. */
  read(): Promise<Buffer>;
  remove(): Promise<void>;
}

/** Keeps bytes in files of a folder that is made with the first one. */
export class BlockFolder {
  readonly #parent: string;
  #folder: Promise<string> | undefined;
  #fileCount = 0;

  /** The folder is made inside of `parent`, which is made where it is missing. */
  constructor(parent: string) {
    this.#parent = parent;
  }

  /** Writes bytes as the block of that id; throws `block_unwritable`. */
  async write(block: string, bytes: Uint8Array): Promise<BlockFile> {
    try {
      const path = join(await this.#opened(), `${this.#fileCount++}.block`);
      await writeWhole(path, bytes);
      return {
        read: () => readWhole(block, path),
        // What cannot be removed now goes with the folder.
        remove: () => rm(path, { force: true }).catch(() => {}),
      };
    } catch (error) {
      throw new StreamError("block_unwritable", { block, folder: this.#parent }, { cause: error });
    }
  }

  /** Removes the folder with all that is in it. */
  async remove(): Promise<void> {
    const opened = this.#folder;
    this.#folder = undefined;
    if (opened === undefined) return;
    const folder = await opened.catch(() => undefined);
    if (folder !== undefined) await rm(folder, { recursive: true, force: true });
  }

  #opened(): Promise<string> {
    this.#folder ??= this.#make().catch((error: unknown) => {
      this.#folder = undefined;
      throw error;
    });
    return this.#folder;
  }

  async #make(): Promise<string> {
    await mkdir(this.#parent, { recursive: true });
    return mkdtemp(join(this.#parent, "millrace-blocks-"));
  }
}

async function writeWhole(path: string, bytes: Uint8Array): Promise<void> {
  const unfinished = `${path}.unfinished`;
  const checksum = Buffer.alloc(checksumBytes);
  checksum.writeUInt32LE(crc32(bytes));
  try {
    const handle = await open(unfinished, "w", 0o600);
    try {
      await handle.writeFile(checksum);
      await handle.writeFile(bytes);
    } finally {
      await handle.close();
    }
    await rename(unfinished, path);
  } catch (error) {
    await rm(unfinished, { force: true });
    throw error;
  }
}

async function readWhole(block: string, path: string): Promise<Buffer> {
  const file = await readFile(path).catch((error: unknown) => {
    throw new StreamError("block_unreadable", { block, file: path }, { cause: error });
  });
  const bytes = file.subarray(checksumBytes);
  if (file.length < checksumBytes || crc32(bytes) !== file.readUInt32LE(0)) {
    throw new StreamError("block_unreadable", { block, file: path, reason: "wrong checksum" });
  }
  return bytes;
}
