/**
 * Owns: the blocks that are kept on this machine, each where its storage level says: in memory as records, in memory as
 * bytes off the V8 heap, or in a file; and moving them to disk, or giving them up, when memory is full.
 * Does not own: the serialized form (src/core/block-bytes.ts), files (block-folder.ts), who makes room (block-memory.ts).
 * Invariants: I1 received blocks are there until they are removed, but those that a log has. I2 partitions of datasets,
 * and blocks that a log has, may be given up: `get` does not know them any more. I3 after `close` nothing is left on
 * disk.
 */
import type { Buffer } from "node:buffer";
import { tmpdir } from "node:os";
import { getHeapStatistics } from "node:v8";
import { type Clock, StreamError } from "../base/index.ts";
import {
  type BlockStore,
  decodeRecords,
  encodeRecords,
  ownedCopy,
  Pacer,
  type PutOptions,
  type StorageLevel,
  type StoredBlock,
} from "../core/index.ts";
import { type BlockFile, BlockFolder } from "./block-folder.ts";
import { BlockMemory } from "./block-memory.ts";
import { estimateHeapBytes } from "./heap-estimate.ts";
import {
  goesToDisk,
  isExpendable,
  isInMemory,
  isRecomputable,
  type LocalBlock,
  type Place,
} from "./local-block.ts";

const heapShare = 0.5;
const neverAborted: AbortSignal = new AbortController().signal;

/** Where a LocalBlockStore keeps blocks, and how many in memory. */
export interface LocalBlockStoreOptions {
  readonly clock: Clock;
  /** Its folder is made in here when the first block goes to disk (default: the system's folder for temporary files). */
  readonly directory?: string | undefined;
  /** What blocks may take in memory together, in bytes (default: half of the limit of the V8 heap). */
  readonly memoryBytesMax?: number | undefined;
}

/** Keeps blocks in memory and in files of this machine. */
export class LocalBlockStore implements BlockStore {
  readonly #clock: Clock;
  readonly #folder: BlockFolder;
  readonly #memory: BlockMemory;
  readonly #blocks = new Map<string, LocalBlock>();
  readonly #writing = new Set<Promise<unknown>>();
  /** Made here and not in `put`, where it would hold on to the records for as long as their bytes are kept. */
  readonly #decode = (bytes: Uint8Array): Promise<readonly unknown[]> =>
    decodeRecords(bytes, this.#pacer());
  #closed = false;

  /** Throws `argument_invalid` unless `memoryBytesMax` is 0 or more. */
  constructor(options: LocalBlockStoreOptions) {
    const { memoryBytesMax = getHeapStatistics().heap_size_limit * heapShare } = options;
    if (!(memoryBytesMax >= 0)) {
      throw new StreamError("argument_invalid", { memoryBytesMax, expected: "0 or more" });
    }
    this.#clock = options.clock;
    this.#folder = new BlockFolder(options.directory ?? tmpdir());
    this.#memory = new BlockMemory(memoryBytesMax, (victim) => this.#evict(victim));
  }

  /** Throws `value_unsupported`, `block_unwritable`, `block_store_closed`, or `argument_invalid` for level NONE. */
  put(
    id: string,
    records: readonly unknown[],
    level: StorageLevel,
    { logged }: PutOptions = {},
  ): Promise<StoredBlock> {
    return this.#write(level, async () => {
      const asRecords = level.useMemory && level.deserialized;
      const place: Place = asRecords
        ? { kind: "records", records }
        : { kind: "bytes", bytes: logged ?? (await encodeRecords(records, this.#pacer())) };
      return {
        id,
        level,
        isLogged: logged !== undefined,
        recordCount: records.length,
        byteCount: place.kind === "records" ? estimateHeapBytes(records) : place.bytes.length,
        decode: this.#decode,
        place,
      };
    });
  }

  /** Throws `block_unwritable`, `block_store_closed`, or `argument_invalid` for level NONE. */
  putBytes(
    id: string,
    bytes: Uint8Array,
    level: StorageLevel,
    decode: (bytes: Uint8Array) => readonly unknown[],
    { logged }: PutOptions = {},
  ): Promise<StoredBlock> {
    return this.#write(level, async () => ({
      id,
      level,
      isLogged: logged !== undefined,
      recordCount: 0,
      byteCount: bytes.length,
      decode,
      place: { kind: "bytes", bytes: logged ?? ownedCopy(bytes) },
    }));
  }

  get(id: string): StoredBlock | undefined {
    const block = this.#blocks.get(id);
    return block === undefined ? undefined : this.#handle(block);
  }

  async remove(id: string): Promise<void> {
    const block = this.#blocks.get(id);
    if (block !== undefined) await this.#forget(block, "it was removed");
  }

  async close(): Promise<void> {
    this.#closed = true;
    await Promise.allSettled(this.#writing);
    for (const block of this.#blocks.values()) {
      await this.#forget(block, "the block store was closed");
    }
    await this.#folder.remove();
  }

  async #write(level: StorageLevel, make: () => Promise<LocalBlock>): Promise<StoredBlock> {
    if (this.#closed) throw new StreamError("block_store_closed");
    if (!level.useMemory && !level.useDisk) {
      throw new StreamError("argument_invalid", {
        level: level.name,
        expected: "a level that keeps blocks",
      });
    }
    const writing = make().then((block) => this.#admit(block));
    this.#writing.add(writing);
    try {
      return await writing;
    } finally {
      this.#writing.delete(writing);
    }
  }

  /** Puts a block where its level says, as far as there is room, in the place of an earlier one of its id. */
  async #admit(block: LocalBlock): Promise<StoredBlock> {
    const inMemory = block.level.useMemory && (await this.#memory.makeRoomFor(block));
    if (!inMemory && goesToDisk(block)) await this.#moveToDisk(block);
    else if (!inMemory && isExpendable(block)) {
      block.place = { kind: "gone", reason: "there was no room in memory" };
    } else if (!inMemory) this.#memory.insistOnRoomFor(block);

    const replaced = this.#blocks.get(block.id);
    if (block.place.kind === "gone") this.#blocks.delete(block.id);
    else this.#blocks.set(block.id, block);
    if (isInMemory(block)) this.#memory.keep(block);
    if (replaced !== undefined) await this.#drop(replaced, "it was replaced");
    return this.#handle(block);
  }

  async #evict(victim: LocalBlock): Promise<void> {
    const moved =
      goesToDisk(victim) &&
      (await this.#moveToDisk(victim).then(
        () => true,
        () => false,
      ));
    if (victim.place.kind === "gone") return;
    if (moved) this.#memory.release(victim);
    else if (isExpendable(victim)) await this.#forget(victim, "there was no room in memory");
    // A received block that cannot be encoded, or finds no room on disk either, stays where it is.
  }

  /** Throws `value_unsupported` or `block_unwritable`, and then the block is where it was. */
  async #moveToDisk(block: LocalBlock): Promise<void> {
    const { place } = block;
    if (place.kind !== "records" && place.kind !== "bytes") return;
    const bytes =
      place.kind === "records" ? await encodeRecords(place.records, this.#pacer()) : place.bytes;
    const file = await this.#folder.write(block.id, bytes);
    // It may have been removed while it was written.
    if (block.place === place) block.place = { kind: "file", file };
    else await file.remove();
  }

  async #read(block: LocalBlock): Promise<readonly unknown[]> {
    const { id, place } = block;
    switch (place.kind) {
      case "records":
        this.#memory.touch(block);
        return place.records;
      case "bytes":
        this.#memory.touch(block);
        return block.decode(place.bytes);
      case "file":
        return block.decode(await this.#readFile(block, place.file));
      case "gone":
        throw new StreamError("block_unreadable", { block: id, reason: place.reason });
    }
  }

  /** A partition that cannot be read is forgotten, so that the next try computes it. */
  async #readFile(block: LocalBlock, file: BlockFile): Promise<Buffer> {
    try {
      return await file.read();
    } catch (error) {
      if (isRecomputable(block)) await this.#forget(block, "its file could not be read");
      throw error;
    }
  }

  async #forget(block: LocalBlock, reason: string): Promise<void> {
    if (this.#blocks.get(block.id) === block) this.#blocks.delete(block.id);
    await this.#drop(block, reason);
  }

  async #drop(block: LocalBlock, reason: string): Promise<void> {
    const { place } = block;
    if (isInMemory(block)) this.#memory.release(block);
    block.place = { kind: "gone", reason };
    if (place.kind === "file") await place.file.remove();
  }

  #handle(block: LocalBlock): StoredBlock {
    const { id, recordCount } = block;
    return { id, recordCount, read: () => this.#read(block) };
  }

  #pacer(): Pacer {
    return new Pacer(this.#clock, neverAborted);
  }
}
