/**
 * Owns: that looking changes nothing: a store that hands out what another one has, and refuses to write.
 * Does not own: which directory it is (inspected-directory.ts).
 */
import { StreamError } from "../base/index.ts";
import type { AppendLog, Creation, Store, StoreEntry } from "../store/index.ts";

/** A store of which nothing can be changed. */
export class ReadOnlyStore implements Store {
  readonly address: string;
  /** That it is there tells that the medium appends, and so that its journal has two copies. */
  readonly openLog: ((name: string) => Promise<AppendLog>) | undefined;
  readonly #inner: Store;

  constructor(inner: Store) {
    this.#inner = inner;
    this.address = inner.address;
    this.openLog = inner.openLog && ((name) => this.#refuse("openLog", name));
  }

  create(name: string): Promise<Creation> {
    return this.#refuse("create", name);
  }

  delete(name: string): Promise<void> {
    return this.#refuse("delete", name);
  }

  read(name: string): Promise<Uint8Array> {
    return this.#inner.read(name);
  }

  readRange(name: string, offset: number, byteCount: number): Promise<Uint8Array> {
    return this.#inner.readRange(name, offset, byteCount);
  }

  has(name: string): Promise<boolean> {
    return this.#inner.has(name);
  }

  list(prefix: string, options?: { readonly after?: string }): AsyncIterable<StoreEntry> {
    return this.#inner.list(prefix, options);
  }

  close(): Promise<void> {
    return this.#inner.close();
  }

  async #refuse(operation: string, name: string): Promise<never> {
    throw new StreamError("directory_read_only", { store: this.address, operation, name });
  }
}
