/** Owns: a block store in memory that a test can make fail or wait. */
import type { BlockStore, PutOptions, StorageLevel, StoredBlock } from "../../../src/core/index.ts";

export class MemoryBlocks implements BlockStore {
  readonly kept = new Map<string, StoredBlock>();
  readonly levels = new Map<string, string>();
  /** The serialized form of the blocks that came with one. */
  readonly logged = new Map<string, Uint8Array>();
  /** What every write waits for, and fails with. */
  gate: () => Promise<void> = () => Promise.resolve();

  async put(
    id: string,
    records: readonly unknown[],
    level: StorageLevel,
    { logged }: PutOptions = {},
  ): Promise<StoredBlock> {
    if (logged !== undefined) this.logged.set(id, logged);
    return this.#keep(id, level, records.length, () => records);
  }

  async putBytes(
    id: string,
    bytes: Uint8Array,
    level: StorageLevel,
    decode: (bytes: Uint8Array) => readonly unknown[],
    { logged }: PutOptions = {},
  ): Promise<StoredBlock> {
    if (logged !== undefined) this.logged.set(id, logged);
    return this.#keep(id, level, 0, () => decode(bytes));
  }

  get(id: string): StoredBlock | undefined {
    return this.kept.get(id);
  }

  async remove(id: string): Promise<void> {
    this.kept.delete(id);
  }

  async close(): Promise<void> {
    this.kept.clear();
  }

  async #keep(
    id: string,
    level: StorageLevel,
    recordCount: number,
    read: () => readonly unknown[],
  ): Promise<StoredBlock> {
    await this.gate();
    const block = { id, recordCount, read: async () => read() };
    this.kept.set(id, block);
    this.levels.set(id, level.name);
    return block;
  }
}
