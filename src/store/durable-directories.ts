/**
 * Owns: the directories of a local store: that they are there, and stay.
 * Invariant: I1 a directory that is ready will be found again after power loss, with all that leads to it from the root of
 * the file system. Whoever made it may have died before the sync, so that one which is there already is synced as well.
 */
import { dirname } from "node:path";
import { errnoOf, type FilePort, StreamError } from "../base/index.ts";
import { saysAbsent } from "./store-failure.ts";

/** What the system answers who may not, or cannot, sync a directory; such a one made nothing in it either. */
const notOurs: ReadonlySet<string | undefined> = new Set([
  "EACCES",
  "EPERM",
  "EROFS",
  "EINVAL",
  "ENOTSUP",
  "EOPNOTSUPP",
]);

/** Whether an error says that whoever asked is none that could have written. */
export function saysForeign(error: unknown): boolean {
  return notOurs.has(errnoOf(error));
}

export class DurableDirectories {
  readonly #files: FilePort;
  readonly #root: string;
  readonly #ready = new Map<string, Promise<void>>();

  constructor(files: FilePort, root: string) {
    this.#files = files;
    this.#root = root;
  }

  /**
   * Makes a directory, with all that lead to it, where it is not there, and what leads to it durable; once in a life. Throws
   * `store_name_invalid` and `address_invalid` where something else is in its place, and the errors of the files.
   */
  ready(directory: string): Promise<void> {
    const known = this.#ready.get(directory);
    if (known !== undefined) return known;
    const making = this.#make(directory);
    this.#ready.set(directory, making);
    // The disk may have room again, or another owner, when somebody asks next.
    making.catch(() => this.#ready.delete(directory));
    return making;
  }

  async #make(directory: string): Promise<void> {
    const parent = dirname(directory);
    if (parent === directory) return;
    await this.ready(parent);
    const wasThere = await this.#isThere(directory);
    if (!wasThere) await this.#makeOne(directory);
    try {
      await this.#files.syncDirectory(parent);
    } catch (error) {
      const isOutside = !parent.startsWith(this.#root);
      if (!(wasThere && isOutside && saysForeign(error))) throw error;
    }
  }

  async #makeOne(directory: string): Promise<void> {
    try {
      await this.#files.makeDirectory(directory);
    } catch (error) {
      // Another process was faster.
      if (errnoOf(error) !== "EEXIST" || !(await this.#isThere(directory))) throw error;
    }
  }

  async #isThere(directory: string): Promise<boolean> {
    const kind = await this.#kindOf(directory);
    if (kind === undefined || kind === "directory") return kind !== undefined;
    const isInside = directory.startsWith(`${this.#root}/`);
    throw new StreamError(isInside ? "store_name_invalid" : "address_invalid", {
      path: directory,
      found: "a file where a directory is needed",
    });
  }

  async #kindOf(path: string): Promise<string | undefined> {
    try {
      return (await this.#files.stat(path)).kind;
    } catch (error) {
      if (saysAbsent(error)) return undefined;
      throw error;
    }
  }
}
