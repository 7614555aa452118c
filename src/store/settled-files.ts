/**
 * Owns: that what a local store has read stays. After kill -9 the next process finds what the last one wrote and never
 * synced, in the memory of the system. Whoever reads it and writes down elsewhere that it is there is made a liar by a
 * power cut, so it goes to the disk before anybody hears of it, as it would on an object store.
 *
 * One thing it cannot mend: bytes of a log whose sync the disk has failed. The system shows them until the power goes, and
 * syncs them with success; so a second copy on another disk is worth having.
 */
import { dirname } from "node:path";
import { errnoOf, type FilePort } from "../base/index.ts";
import { type DurableDirectories, saysForeign } from "./durable-directories.ts";

/** A bound on memory, not more: a path that is forgotten is synced again, which costs little. */
const pathsMax = 10_000;

export class SettledFiles {
  readonly #files: FilePort;
  readonly #directories: DurableDirectories;
  /** How many bytes of a file are known to be on the disk, with its name. */
  readonly #byteCounts = new Map<string, number>();

  constructor(files: FilePort, directories: DurableDirectories) {
    this.#files = files;
    this.#directories = directories;
  }

  /** Tells what somebody else brought to the disk. */
  add(path: string, byteCount: number): void {
    if (this.#byteCounts.size >= pathsMax) this.#byteCounts.clear();
    this.#byteCounts.set(path, byteCount);
  }

  forget(path: string): void {
    this.#byteCounts.delete(path);
  }

  /** Resolves when the first bytes of a file, that many, are on the disk, and its name with them. */
  async settle(path: string, byteCount: number): Promise<void> {
    const settled = this.#byteCounts.get(path);
    if (settled !== undefined && settled >= byteCount) return;
    try {
      // Before the sync: what a living writer appends meanwhile is not part of it.
      const { byteCount: present } = await this.#files.stat(path);
      await this.#files.syncFile(path);
      await this.#directories.ready(dirname(path));
      await this.#files.syncDirectory(dirname(path));
      this.add(path, present);
    } catch (error) {
      // Deleted meanwhile; or read by one who may not write, so that nothing he does rests on it.
      if (errnoOf(error) !== "ENOENT" && !saysForeign(error)) throw error;
    }
  }
}
