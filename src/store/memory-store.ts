/**
 * Owns: the store in the memory of this process, for tests and for programs that need no durability. It is as strict as the
 * other stores are together, so that what runs on it runs on them.
 */
import { StreamError } from "../base/index.ts";
import type { AppendLog, Creation, Store, StoreContent, StoreEntry } from "./store.ts";
import { chunksOf } from "./store-content.ts";
import { storeFailure } from "./store-failure.ts";
import { checkStoreName, checkStorePrefix, compareNames, foldersOf } from "./store-name.ts";

/** What outlives a store that was closed. */
interface MemoryMedium {
  readonly objects: Map<string, GrowingBytes>;
  readonly folders: Set<string>;
}

/** The media that have a name, for whoever opens it next in this process. */
const media = new Map<string, MemoryMedium>();

/** A store in memory; of one name there is one content in a process, and without a name it is nobody else's. */
export class MemoryStore implements Store {
  readonly address: string;
  readonly #medium: MemoryMedium;
  readonly #logs = new Set<AppendLog>();
  #isClosed = false;

  constructor(name?: string) {
    this.address = `memory:${name ?? ""}`;
    this.#medium = (name === undefined ? undefined : media.get(name)) ?? {
      objects: new Map(),
      folders: new Set(),
    };
    if (name !== undefined) media.set(name, this.#medium);
  }

  async create(name: string, content: StoreContent): Promise<Creation> {
    this.#check(name);
    this.#refuseFolders(name);
    const bytes = new GrowingBytes();
    try {
      for await (const chunk of chunksOf(content)) bytes.append(chunk);
    } catch (error) {
      throw storeFailure(error, { store: this.address, name, does: "write" });
    }
    return this.#add(name, bytes) ? "created" : "taken";
  }

  async read(name: string): Promise<Uint8Array> {
    return this.#object(name).copy(0, Number.MAX_SAFE_INTEGER);
  }

  async readRange(name: string, offset: number, byteCount: number): Promise<Uint8Array> {
    return this.#object(name).copy(offset, byteCount);
  }

  async has(name: string): Promise<boolean> {
    this.#check(name);
    return this.#medium.objects.has(name);
  }

  async *list(
    prefix: string,
    options: { readonly after?: string } = {},
  ): AsyncIterable<StoreEntry> {
    this.#checkOpen();
    checkStorePrefix(this.address, prefix);
    const { after = "" } = options;
    const names = [...this.#medium.objects.keys()]
      .filter((name) => name.startsWith(prefix) && name > after)
      .sort(compareNames);
    for (const name of names) {
      const object = this.#medium.objects.get(name);
      if (object !== undefined) yield { name, byteCount: object.byteCount };
    }
  }

  async delete(name: string): Promise<void> {
    this.#check(name);
    this.#medium.objects.delete(name);
  }

  readonly openLog = async (name: string): Promise<AppendLog> => {
    this.#check(name);
    this.#refuseFolders(name);
    const bytes = new GrowingBytes();
    if (!this.#add(name, bytes)) {
      throw new StreamError("store_taken", { store: this.address, name });
    }
    const log: AppendLog = new MemoryLog(name, bytes, {
      failure: (thrown) => storeFailure(thrown, { store: this.address, name, does: "write" }),
      closed: () => this.#logs.delete(log),
    });
    this.#logs.add(log);
    return log;
  };

  async close(): Promise<void> {
    this.#isClosed = true;
    await Promise.all([...this.#logs].map((log) => log.close()));
  }

  /** Nothing waits between the look and the entry, so that of several one wins. */
  #add(name: string, bytes: GrowingBytes): boolean {
    this.#refuseFolders(name);
    if (this.#medium.objects.has(name)) return false;
    this.#medium.objects.set(name, bytes);
    for (const folder of foldersOf(name)) this.#medium.folders.add(folder);
    return true;
  }

  /** As a file system does, where a name is a file or a directory. */
  #refuseFolders(name: string): void {
    const isFolder = this.#medium.folders.has(name);
    if (isFolder || foldersOf(name).some((folder) => this.#medium.objects.has(folder))) {
      const found = isFolder ? "a folder of objects" : "an object where a folder is needed";
      throw new StreamError("store_name_invalid", { store: this.address, name, found });
    }
  }

  #object(name: string): GrowingBytes {
    this.#check(name);
    const object = this.#medium.objects.get(name);
    if (object === undefined) throw new StreamError("store_missing", { store: this.address, name });
    return object;
  }

  #check(name: string): void {
    this.#checkOpen();
    checkStoreName(this.address, name);
  }

  #checkOpen(): void {
    if (this.#isClosed) throw new StreamError("store_closed", { store: this.address });
  }
}

interface MemoryLogParts {
  readonly failure: (thrown: unknown) => unknown;
  readonly closed: () => void;
}

class MemoryLog implements AppendLog {
  readonly name: string;
  readonly #bytes: GrowingBytes;
  readonly #parts: MemoryLogParts;
  #isClosed = false;

  constructor(name: string, bytes: GrowingBytes, parts: MemoryLogParts) {
    this.name = name;
    this.#bytes = bytes;
    this.#parts = parts;
  }

  get byteCount(): number {
    return this.#bytes.byteCount;
  }

  async append(bytes: Uint8Array): Promise<void> {
    this.#checkOpen();
    this.#bytes.append(bytes);
  }

  async sync(): Promise<void> {
    this.#checkOpen();
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    this.#parts.closed();
  }

  #checkOpen(): void {
    if (this.#isClosed) throw this.#parts.failure(new Error("the log was closed"));
  }
}

/** Bytes that grow at their end, in room that doubles. */
class GrowingBytes {
  #room = new Uint8Array(0);
  #byteCount = 0;

  get byteCount(): number {
    return this.#byteCount;
  }

  append(bytes: Uint8Array): void {
    const byteCount = this.#byteCount + bytes.length;
    if (byteCount > this.#room.length) {
      const room = new Uint8Array(Math.max(byteCount, 2 * this.#room.length));
      room.set(this.#room.subarray(0, this.#byteCount));
      this.#room = room;
    }
    this.#room.set(bytes, this.#byteCount);
    this.#byteCount = byteCount;
  }

  copy(offset: number, byteCount: number): Uint8Array {
    return this.#room.slice(offset, Math.min(offset + byteCount, this.#byteCount));
  }
}
