/**
 * Owns: the port through which datasets and receivers keep blocks of records.
 * Does not own: where the blocks are (src/executor/block-store.ts).
 */
import type { StorageLevel } from "./storage-level.ts";

/** A block that is kept somewhere. */
export interface StoredBlock {
  readonly id: string;
  readonly recordCount: number;
  /** The records, in order; they must not be changed. Throws `block_unreadable` when the medium gives them no more. */
  read(): Promise<readonly unknown[]>;
}

/** What a block store may rely on. */
export interface PutOptions {
  /**
   * The serialized form of a block that a log has, or is about to have: it is not made again, and the block is given up
   * where there is no room in memory; `get` does not know it then. The bytes are handed over.
   */
  readonly logged?: Uint8Array | undefined;
}

/** Keeps blocks of records by id at a storage level. Writing an id again replaces the block. */
export interface BlockStore {
  put(
    id: string,
    records: readonly unknown[],
    level: StorageLevel,
    options?: PutOptions,
  ): Promise<StoredBlock>;
  /** Keeps bytes as they came; `decode` makes records of them at each read. `recordCount` may be unknown (0). */
  putBytes(
    id: string,
    bytes: Uint8Array,
    level: StorageLevel,
    decode: (bytes: Uint8Array) => readonly unknown[],
    options?: PutOptions,
  ): Promise<StoredBlock>;
  get(id: string): StoredBlock | undefined;
  remove(id: string): Promise<void>;
  /** Removes every block and the folder on disk; safe to call twice. */
  close(): Promise<void>;
}
