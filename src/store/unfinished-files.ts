/**
 * Owns: the files that objects are written into before they have a name, and what is left of those whose writer died.
 * Invariants: I1 they stand in a directory of their own whose name no object can have. I2 a leftover goes when its writer
 * is known to be dead: at once when it ran on this host, else after a day. Were that wrong, a link would fail and with it
 * the writing of one object, which is never lost silently.
 */
import { join } from "node:path";
import { type Clock, errnoOf, type FilePort, type ProcessIdentity } from "../base/index.ts";
import type { StoreContent } from "./store.ts";
import { chunksOf } from "./store-content.ts";

/** Not a part of any name. */
const directoryName = "~unfinished";
/** host ~ pid ~ life ~ number */
const fileName = /^(?<host>[^~]+)~(?<pid>\d+)~(?<life>[^~]+)~\d+$/;
const foreignAgeMsMax = 24 * 60 * 60 * 1000;
/**
 * A large object goes to the disk step by step: one sync of all of it at the end would make the syncs of the logs, which
 * records wait for, wait as well.
 */
const syncBytes = 8 * 1024 * 1024;

export interface UnfinishedFilesOptions {
  readonly files: FilePort;
  readonly clock: Clock;
  readonly process: ProcessIdentity;
  /** The directory of the store. */
  readonly root: string;
}

export class UnfinishedFiles {
  readonly #files: FilePort;
  readonly #clock: Clock;
  readonly #process: ProcessIdentity;
  readonly #directory: string;
  #prepared: Promise<void> | undefined;

  constructor(options: UnfinishedFilesOptions) {
    this.#files = options.files;
    this.#clock = options.clock;
    this.#process = options.process;
    this.#directory = join(options.root, directoryName);
  }

  /** Writes and syncs a content, and tells where it is; nothing is left when this rejects. The store's directory is there. */
  async write(content: StoreContent): Promise<string> {
    await this.#prepare();
    const path = join(this.#directory, this.#nextName());
    const file = await this.#files.create(path);
    try {
      try {
        let unsyncedBytes = 0;
        for await (const chunk of chunksOf(content)) {
          await file.append(chunk);
          unsyncedBytes += chunk.length;
          if (unsyncedBytes < syncBytes) continue;
          unsyncedBytes = 0;
          await file.sync();
        }
        await file.sync();
      } finally {
        await file.close();
      }
    } catch (error) {
      await this.remove(path);
      throw error;
    }
    return path;
  }

  /** Removes a file. Where that fails it is a leftover, and goes another day. */
  async remove(path: string): Promise<void> {
    await this.#files.unlink(path).catch(() => {});
  }

  #nextName(): string {
    const { pid, life } = this.#process;
    return `${this.#host()}~${pid}~${life}~${this.#process.nextNumber()}`;
  }

  #host(): string {
    return this.#process.host.replaceAll(/[^A-Za-z0-9.-]/g, "-").slice(0, 100) || "host";
  }

  #prepare(): Promise<void> {
    this.#prepared ??= this.#makeDirectory().catch((error: unknown) => {
      this.#prepared = undefined;
      throw error;
    });
    return this.#prepared;
  }

  /** Nothing in it has to survive, so nothing is synced. */
  async #makeDirectory(): Promise<void> {
    try {
      await this.#files.makeDirectory(this.#directory);
    } catch (error) {
      if (errnoOf(error) !== "EEXIST") throw error;
      // What cannot be cleaned today hinders nobody.
      await this.#removeLeftovers().catch(() => {});
    }
  }

  async #removeLeftovers(): Promise<void> {
    for (const { name } of await this.#files.readDirectory(this.#directory)) {
      const path = join(this.#directory, name);
      if (await this.#isLeftover(path, name)) await this.#files.unlink(path);
    }
  }

  async #isLeftover(path: string, name: string): Promise<boolean> {
    const { host, pid, life } = fileName.exec(name)?.groups ?? {};
    if (host === undefined) return false;
    if (host === this.#host()) {
      if (Number(pid) === this.#process.pid) return life !== this.#process.life;
      if (!this.#process.isRunning(Number(pid))) return true;
    }
    const { modifiedAtMs } = await this.#files.stat(path);
    return this.#clock.now() - modifiedAtMs > foreignAgeMsMax;
  }
}
