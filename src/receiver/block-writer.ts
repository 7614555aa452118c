/**
 * Owns: the writing of one stream's blocks: their ids, the bound on the time that storing takes,
 * and the order "stored, logged, registered, still leading".
 * Does not own: the media (the BlockStore, the BlockLog), the registration (block-ledger.ts), what
 * to store (receiver-start.ts).
 *
 * Invariants: I1 what `write` resolved for may be acknowledged: the log has the block, the journal
 * vouches for it, and no other driver had taken over when both had. I2 a log that fails ends the
 * process: what it holds is unknown. I3 a block is serialized at most once.
 */
import { type Clock, Deadline, StreamError } from "../base/index.ts";
import { encodeValue } from "../codec/index.ts";
import type { BlockStore, Pacer, PutOptions, StorageLevel } from "../core/index.ts";
import type { BlockLocation, BlockRecord } from "./block-events.ts";
import type { BlockLedger } from "./block-ledger.ts";
import { type BlockContent, encodeLogged, formOf, loggedContent } from "./logged-block.ts";
import {
  type BlockLog,
  type ReceiverDurability,
  volatileDurability,
} from "./receiver-durability.ts";
import type { SourceRange } from "./source-range.ts";

/** What is known of a block before it is stored. */
export interface BlockLabel {
  readonly receiverStart: number;
  readonly byteCount?: number | undefined;
  readonly position?: SourceRange | undefined;
  readonly metadata?: unknown;
}

/** What of the durability of receivers the writing of blocks needs. */
export interface WriterDurability
  extends Pick<ReceiverDurability, "epoch" | "assertLeading" | "fatal"> {
  readonly log?: Pick<BlockLog, "append"> | undefined;
}

export interface BlockWriterOptions {
  readonly streamUid: string;
  /** Of one among several writers, which is part of the names of its blocks. */
  readonly writerName?: string | undefined;
  readonly clock: Clock;
  readonly blocks: BlockStore;
  readonly ledger: Pick<BlockLedger, "register">;
  readonly durability: WriterDurability;
  readonly level: StorageLevel;
  readonly storeTimeoutMs: number;
  readonly decode: (bytes: Uint8Array) => readonly unknown[];
  readonly pacer: () => Pacer;
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

  /** Resolves when the block may be acknowledged; where it rejects, it may not. */
  async write(content: BlockContent, label: BlockLabel): Promise<void> {
    const { durability, ledger, streamUid, writerName } = this.#options;
    const writer = writerName === undefined ? "" : `${writerName}-`;
    const id = `input-${streamUid}-${durability.epoch}-${writer}${this.#nextBlock}`;
    this.#nextBlock += 1;
    if (durability !== volatileDurability) checkPlain(label.metadata);
    const location = await this.#storeInTime(id, content);
    const recordCount = "bytes" in content ? 0 : content.records.length;
    const block = { id, streamUid, recordCount, form: formOf(content) };
    try {
      await ledger.register(describe(block, location, label));
    } catch (error) {
      await this.#discard(id);
      throw error;
    }
    await this.#assertLeading();
  }

  async #storeInTime(id: string, content: BlockContent): Promise<BlockLocation | undefined> {
    const { clock, storeTimeoutMs } = this.#options;
    const storing = this.#store(id, content);
    if (await new Deadline(clock, storeTimeoutMs).isMetBy(storing)) return storing;
    void storing.then(
      () => this.#discard(id),
      () => {},
    );
    throw new StreamError("block_store_timeout", { block: id, storeTimeoutMs });
  }

  async #store(id: string, content: BlockContent): Promise<BlockLocation | undefined> {
    const { log } = this.#options.durability;
    if (log === undefined) {
      await this.#put(id, content, {});
      return undefined;
    }
    const logged = await encodeLogged(content, this.#options.pacer());
    await this.#put(id, content, { logged: loggedContent(logged, formOf(content)) });
    try {
      return await this.#append(log, logged);
    } catch (error) {
      await this.#discard(id);
      throw error;
    }
  }

  async #put(id: string, content: BlockContent, options: PutOptions): Promise<void> {
    const { blocks, decode, level } = this.#options;
    if ("bytes" in content) await blocks.putBytes(id, content.bytes, level, decode, options);
    else await blocks.put(id, content.records, level, options);
  }

  async #append(log: Pick<BlockLog, "append">, logged: Uint8Array): Promise<BlockLocation> {
    try {
      return await log.append(logged);
    } catch (error) {
      const isRefusal = error instanceof StreamError && error.kind === "usage";
      if (!isRefusal) this.#options.durability.fatal(error);
      throw error;
    }
  }

  async #assertLeading(): Promise<void> {
    const { durability } = this.#options;
    try {
      await durability.assertLeading();
    } catch (error) {
      durability.fatal(error);
      throw error;
    }
  }

  /** The block store closes with the context and takes along what could not be removed here. */
  async #discard(id: string): Promise<void> {
    await this.#options.blocks.remove(id).catch(() => {});
  }
}

/** What the journal could not write must not end the process; throws `value_unsupported`. */
function checkPlain(metadata: unknown): void {
  if (metadata !== undefined) encodeValue(metadata);
}

function describe(
  block: Pick<BlockRecord, "id" | "streamUid" | "recordCount" | "form">,
  location: BlockLocation | undefined,
  label: BlockLabel,
): BlockRecord {
  const { byteCount, metadata, position, receiverStart } = label;
  return {
    ...block,
    receiverStart,
    ...(location === undefined ? {} : { location }),
    ...(byteCount === undefined ? {} : { byteCount }),
    ...(position === undefined ? {} : { position }),
    ...(metadata === undefined ? {} : { metadata }),
  };
}
