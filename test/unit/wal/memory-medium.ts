/**
 * Owns: a medium for the tests of logs: files of bytes in memory, of which a test says what fails, and counts the syncs.
 */
import { Buffer } from "node:buffer";
import { StreamError } from "../../../src/base/index.ts";
import type { AppendLog, Store, StoreEntry } from "../../../src/store/index.ts";

export type Operation = "open" | "append" | "sync" | "create" | "read" | "delete";

/** A store that is bytes in memory; with `appends: false` it makes whole objects only. */
export class MemoryMedium implements Store {
  readonly address = "memory:test";
  readonly files = new Map<string, Buffer>();
  /** How much of a file survives a loss of power. */
  readonly synced = new Map<string, number>();
  readonly operations: { readonly operation: Operation; readonly name: string }[] = [];
  /** Called before each operation; what it throws is the failure of that operation, and it may wait. */
  before: (operation: Operation, name: string) => void | Promise<void> = () => {};
  readonly openLog: Store["openLog"];

  constructor({ appends = true }: { appends?: boolean } = {}) {
    this.openLog = appends ? (name) => this.#openLog(name) : undefined;
  }

  count(operation: Operation): number {
    return this.operations.filter((each) => each.operation === operation).length;
  }

  /** The bytes of a file, to be changed. */
  file(name: string): Buffer {
    const bytes = this.files.get(name);
    if (bytes === undefined) throw new StreamError("store_missing", { name });
    return bytes;
  }

  async create(name: string, content: Uint8Array | AsyncIterable<Uint8Array>) {
    await this.#operate("create", name);
    if (this.files.has(name)) return "taken" as const;
    const pieces: Uint8Array[] = content instanceof Uint8Array ? [content] : [];
    if (!(content instanceof Uint8Array)) for await (const piece of content) pieces.push(piece);
    this.files.set(name, Buffer.concat(pieces));
    this.synced.set(name, this.file(name).length);
    return "created" as const;
  }

  async read(name: string): Promise<Uint8Array> {
    return this.readRange(name, 0, Number.POSITIVE_INFINITY);
  }

  async readRange(name: string, offset: number, byteCount: number): Promise<Uint8Array> {
    await this.#operate("read", name);
    return Buffer.from(this.file(name).subarray(offset, offset + byteCount));
  }

  async has(name: string): Promise<boolean> {
    return this.files.has(name);
  }

  async *list(prefix: string, { after = "" } = {}): AsyncGenerator<StoreEntry, void, undefined> {
    for (const name of [...this.files.keys()].sort()) {
      if (name.startsWith(prefix) && name > after) {
        yield { name, byteCount: this.file(name).length };
      }
    }
  }

  async delete(name: string): Promise<void> {
    await this.#operate("delete", name);
    this.files.delete(name);
  }

  async close(): Promise<void> {}

  async #openLog(name: string): Promise<AppendLog> {
    await this.#operate("open", name);
    if (this.files.has(name)) throw new StreamError("store_taken", { name });
    this.files.set(name, Buffer.alloc(0));
    const byteCount = () => this.file(name).length;
    return {
      name,
      get byteCount() {
        return byteCount();
      },
      append: async (bytes) => {
        await this.#operate("append", name);
        this.files.set(name, Buffer.concat([this.file(name), bytes]));
      },
      sync: async () => {
        const length = byteCount();
        await this.#operate("sync", name);
        this.synced.set(name, length);
      },
      close: async () => {},
    };
  }

  /**
   * What is there after a crash at this moment; `tear` says what became of the bytes that were not synced: undefined means
   * that not even the name is there, if it was not durable.
   */
  crashed(tear: (unsynced: Buffer, file: string) => Buffer | undefined): MemoryMedium {
    const after = new MemoryMedium({ appends: this.openLog !== undefined });
    for (const [name, bytes] of this.files) {
      const durable = this.synced.get(name);
      const torn = tear(Buffer.from(bytes.subarray(durable ?? 0)), name) ?? Buffer.alloc(0);
      if (torn.length === 0 && durable === undefined) continue;
      const kept = Buffer.concat([bytes.subarray(0, durable ?? 0), torn]);
      after.files.set(name, kept);
      after.synced.set(name, kept.length);
    }
    return after;
  }

  async #operate(operation: Operation, name: string): Promise<void> {
    this.operations.push({ operation, name });
    await this.before(operation, name);
  }
}
