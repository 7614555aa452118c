/** Owns: a block store in memory that a test can make fail or wait. */
import type { BlockStore, StorageLevel, StoredBlock } from "../../../src/core/index.ts";

export class MemoryBlocks implements BlockStore {
  readonly kept = new Map<string, StoredBlock>();
  readonly levels = new Map<string, string>();
  /** What every write waits for, and fails with. */
  gate: () => Promise<void> = () => Promise.resolve();

  async put(id: string, records: readonly unknown[], level: StorageLevel): Promise<StoredBlock> {
    return this.#keep(id, level, records.length, () => records);
  }

  async putBytes(
    id: string,
    bytes: Uint8Array,
    level: StorageLevel,
    decode: (bytes: Uint8Array) => readonly unknown[],
  ): Promise<StoredBlock> {
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
