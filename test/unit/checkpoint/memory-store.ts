/** Owns: a store in memory for the tests of this folder, whose objects may be damaged, and which may refuse a write. */
import { Buffer } from "node:buffer";
import { StreamError } from "../../../src/base/index.ts";
import type { Creation, Store, StoreContent, StoreEntry } from "../../../src/store/index.ts";

export class TestStore implements Store {
  readonly address = "memory:test";
  readonly objects = new Map<string, Uint8Array>();
  readonly openLog = undefined;
  /** The longest that a write held at once, in bytes. */
  pieceBytesMax = 0;
  /** What every write fails with. */
  failure: Error | undefined;
  /** How many calls read something. */
  reads = 0;

  async create(name: string, content: StoreContent): Promise<Creation> {
    if (this.failure !== undefined) throw this.failure;
    const pieces: Uint8Array[] = [];
    if (content instanceof Uint8Array) pieces.push(content);
    else for await (const piece of content) pieces.push(piece);
    this.pieceBytesMax = Math.max(0, ...pieces.map(({ length }) => length));
    if (this.objects.has(name)) return "taken";
    this.objects.set(name, Buffer.concat(pieces));
    return "created";
  }

  async read(name: string): Promise<Uint8Array> {
    this.reads += 1;
    const bytes = this.objects.get(name);
    if (bytes === undefined) throw new StreamError("store_missing", { name, store: this.address });
    return bytes;
  }

  async readRange(name: string, offset: number, byteCount: number): Promise<Uint8Array> {
    return (await this.read(name)).subarray(offset, offset + byteCount);
  }

  has(name: string): Promise<boolean> {
    return Promise.resolve(this.objects.has(name));
  }

  async *list(prefix: string, options: { after?: string } = {}): AsyncGenerator<StoreEntry> {
    for (const name of [...this.objects.keys()].sort()) {
      if (!name.startsWith(prefix) || name <= (options.after ?? "")) continue;
      yield { name, byteCount: this.objects.get(name)?.length ?? 0 };
    }
  }

  async delete(name: string): Promise<void> {
    this.objects.delete(name);
  }

  async close(): Promise<void> {}
}
