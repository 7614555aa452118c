/**
 * Owns: the writing of one stream's blocks: their ids, the bound on the time that storing takes,
 * and the order "stored, then registered".
 * Does not own: the medium (the BlockStore), the registration (block-ledger.ts), what to store
 * (receiver-start.ts).
 */
import { type Clock, Deadline, StreamError } from "../base/index.ts";
import type { BlockStore, StorageLevel, StoredBlock } from "../core/index.ts";
import type { ReceivedBlock } from "./block-events.ts";
import type { BlockLedger } from "./block-ledger.ts";
import type { SourceRange } from "./source-range.ts";

/** What goes into a block: records, or bytes that are records once decoded. */
export type BlockContent =
  | { readonly records: readonly unknown[] }
  | { readonly bytes: Uint8Array };

/** What is known of a block before it is stored. */
export interface BlockLabel {
  readonly receiverStart: number;
  readonly byteCount?: number | undefined;
  readonly position?: SourceRange | undefined;
  readonly metadata?: unknown;
}

export interface BlockWriterOptions {
  readonly streamId: number;
  readonly clock: Clock;
  readonly blocks: BlockStore;
  readonly ledger: Pick<BlockLedger, "register">;
  readonly level: StorageLevel;
  readonly storeTimeoutMs: number;
  readonly decode: (bytes: Uint8Array) => readonly unknown[];
}

/** Writes the blocks of one stream, through all starts of its receiver. */
export class BlockWriter {
  readonly #options: BlockWriterOptions;
  /**
   * Never used twice, not even after a failure: a write that was given up may still reach the
   * medium.
   */
  #nextBlock = 0;

  constructor(options: BlockWriterOptions) {
    this.#options = options;
  }

  /** Resolves when the block is stored and registered; where it rejects, neither holds. */
  async write(content: BlockContent, label: BlockLabel): Promise<void> {
    const { ledger, streamId } = this.#options;
    const id = `input-${streamId}-${this.#nextBlock}`;
    this.#nextBlock += 1;
    const stored = await this.#put(id, content);
    try {
      const recordCount = "bytes" in content ? stored.recordCount : content.records.length;
      await ledger.register(describe({ id, streamId, recordCount, stored }, label));
    } catch (error) {
      await this.#discard(id);
      throw error;
    }
  }

  async #put(id: string, content: BlockContent): Promise<StoredBlock> {
    const { blocks, clock, decode, level, storeTimeoutMs } = this.#options;
    const putting =
      "bytes" in content
        ? blocks.putBytes(id, content.bytes, level, decode)
        : blocks.put(id, content.records, level);
    if (await new Deadline(clock, storeTimeoutMs).isMetBy(putting)) return putting;
    void putting.then(
      () => this.#discard(id),
      () => {},
    );
    throw new StreamError("block_store_timeout", { block: id, storeTimeoutMs });
  }

  /** The block store closes with the context and takes along what could not be removed here. */
  async #discard(id: string): Promise<void> {
    await this.#options.blocks.remove(id).catch(() => {});
  }
}

function describe(
  block: Pick<ReceivedBlock, "id" | "streamId" | "recordCount" | "stored">,
  label: BlockLabel,
): ReceivedBlock {
  const { byteCount, metadata, position, receiverStart } = label;
  return {
    ...block,
    receiverStart,
    ...(byteCount === undefined ? {} : { byteCount }),
    ...(position === undefined ? {} : { position }),
    ...(metadata === undefined ? {} : { metadata }),
  };
}
