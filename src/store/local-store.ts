/**
 * Owns: the store on a local file system: an object is a file of its name, a log a file that grows.
 * Does not own: files (the file port of base), directories (durable-directories.ts), files without a name yet
 * (unfinished-files.ts), durability of what is read (settled-files.ts).
 *
 * An object is written into an unfinished file and synced; a link gives it its name, which is the one step that makes it
 * there, and fails when the name is taken (a rename would overwrite); then its directory is synced. So I1 to I3 of the port
 * hold for any process that dies at any step, and for power loss. Also I5: what a read gave, and a name that was found
 * taken, stay, whoever wrote them.
 *
 * A deletion is not synced: after power loss an object may be there again, whole, and whoever cleans finds it again.
 */
import { dirname, join, resolve } from "node:path";
import {
  type Clock,
  errnoOf,
  type FilePort,
  type ProcessIdentity,
  StreamError,
  systemClock,
  systemFiles,
  thisProcess,
} from "../base/index.ts";
import { DurableDirectories } from "./durable-directories.ts";
import { listFiles } from "./local-listing.ts";
import { LocalLog } from "./local-log.ts";
import { SettledFiles } from "./settled-files.ts";
import type { AppendLog, Creation, Store, StoreContent, StoreEntry } from "./store.ts";
import { type StoreAction, saysAbsent, storeFailure } from "./store-failure.ts";
import { checkStoreName, checkStorePrefix } from "./store-name.ts";
import { UnfinishedFiles } from "./unfinished-files.ts";

/** What a local store has from the machine; by default it is this one. */
export interface LocalStoreOptions {
  readonly files?: FilePort;
  readonly clock?: Clock;
  readonly process?: ProcessIdentity;
}

/** What a file system answers that has no hard links, or not between these two directories. */
const linkless: ReadonlySet<string | undefined> = new Set([
  "EPERM",
  "ENOTSUP",
  "EOPNOTSUPP",
  "ENOSYS",
  "EXDEV",
  "EMLINK",
]);

/** A store in a directory, which is made with the first object. */
export class LocalStore implements Store {
  readonly address: string;
  readonly #root: string;
  readonly #files: FilePort;
  readonly #directories: DurableDirectories;
  readonly #settled: SettledFiles;
  readonly #unfinished: UnfinishedFiles;
  readonly #logs = new Set<AppendLog>();
  #isClosed = false;

  constructor(path: string, options: LocalStoreOptions = {}) {
    const { files = systemFiles, clock = systemClock, process = thisProcess } = options;
    this.#root = resolve(path);
    this.#files = files;
    this.address = `file:${this.#root}`;
    this.#directories = new DurableDirectories(files, this.#root);
    this.#settled = new SettledFiles(files, this.#directories);
    this.#unfinished = new UnfinishedFiles({ files, clock, process, root: this.#root });
  }

  create(name: string, content: StoreContent): Promise<Creation> {
    return this.#act({ name, does: "write" }, async (path) => {
      await this.#directories.ready(this.#root);
      await this.#directories.ready(dirname(path));
      const unfinished = await this.#unfinished.write(content);
      let creation: Creation;
      try {
        creation = await this.#link(unfinished, path, name);
      } finally {
        await this.#unfinished.remove(unfinished);
      }
      if (creation === "created") await this.#files.syncDirectory(dirname(path));
      return creation;
    });
  }

  read(name: string): Promise<Uint8Array> {
    return this.#act({ name, does: "read" }, async (path) => {
      const bytes = await this.#files.read(path);
      await this.#settled.settle(path, bytes.length);
      return bytes;
    });
  }

  readRange(name: string, offset: number, byteCount: number): Promise<Uint8Array> {
    return this.#act({ name, does: "read" }, async (path) => {
      const bytes = await this.#files.readRange(path, offset, byteCount);
      await this.#settled.settle(path, offset + bytes.length);
      return bytes;
    });
  }

  has(name: string): Promise<boolean> {
    return this.#act({ name, does: "read" }, async (path) => {
      try {
        return (await this.#files.stat(path)).kind === "file";
      } catch (error) {
        if (saysAbsent(error)) return false;
        throw error;
      }
    });
  }

  async *list(
    prefix: string,
    options: { readonly after?: string } = {},
  ): AsyncIterable<StoreEntry> {
    this.#checkOpen();
    checkStorePrefix(this.address, prefix);
    try {
      yield* listFiles(this.#files, { root: this.#root, prefix, after: options.after ?? "" });
    } catch (error) {
      throw storeFailure(error, { store: this.address, name: prefix, does: "read" });
    }
  }

  delete(name: string): Promise<void> {
    return this.#act({ name, does: "write" }, async (path) => {
      try {
        await this.#files.unlink(path);
      } catch (error) {
        // A folder is no object: unlinking one fails with EPERM where it does not with EISDIR.
        if (!saysAbsent(error) && (await this.#isFile(path))) throw error;
      } finally {
        this.#settled.forget(path);
      }
    });
  }

  readonly openLog = (name: string): Promise<AppendLog> =>
    this.#act({ name, does: "write" }, async (path, action) => {
      const directory = dirname(path);
      await this.#directories.ready(this.#root);
      await this.#directories.ready(directory);
      const log: AppendLog = new LocalLog({
        name,
        file: await this.#createLog(path, name),
        syncName: () => this.#files.syncDirectory(directory),
        failure: (thrown) => storeFailure(thrown, action),
        synced: (byteCount) => this.#settled.add(path, byteCount),
        closed: () => this.#logs.delete(log),
      });
      this.#logs.add(log);
      return log;
    });

  async close(): Promise<void> {
    this.#isClosed = true;
    await Promise.all([...this.#logs].map((log) => log.close()));
  }

  async #link(unfinished: string, path: string, name: string): Promise<Creation> {
    try {
      await this.#files.link(unfinished, path);
      return "created";
    } catch (error) {
      const errno = errnoOf(error);
      if (errno !== "EEXIST") throw linkless.has(errno) ? this.#unfit(name, error) : error;
      await this.#refuseFolder(path, name);
      // Its writer may have died before it was durable, and the caller goes by what it holds.
      await this.#settled.settle(path, 0);
      return "taken";
    }
  }

  async #createLog(path: string, name: string): ReturnType<FilePort["create"]> {
    try {
      return await this.#files.create(path);
    } catch (error) {
      if (errnoOf(error) !== "EEXIST") throw error;
      await this.#refuseFolder(path, name);
      throw new StreamError("store_taken", { store: this.address, name }, { cause: error });
    }
  }

  async #refuseFolder(path: string, name: string): Promise<void> {
    if (await this.#isFile(path)) return;
    const found = "a folder of objects";
    throw new StreamError("store_name_invalid", { store: this.address, name, found });
  }

  async #isFile(path: string): Promise<boolean> {
    return (await this.#files.stat(path)).kind === "file";
  }

  #unfit(name: string, cause: unknown): StreamError {
    return new StreamError("store_unfit", { store: this.address, name }, { cause });
  }

  async #act<T>(
    { name, does }: Required<Pick<StoreAction, "name" | "does">>,
    act: (path: string, action: StoreAction) => Promise<T>,
  ): Promise<T> {
    this.#checkOpen();
    checkStoreName(this.address, name);
    const action = { store: this.address, name, does };
    try {
      return await act(join(this.#root, name), action);
    } catch (error) {
      throw storeFailure(error, action);
    }
  }

  #checkOpen(): void {
    if (this.#isClosed) throw new StreamError("store_closed", { store: this.address });
  }
}
