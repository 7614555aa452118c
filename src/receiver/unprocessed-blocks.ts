/**
 * Owns: the room under the bound on unprocessed data that the blocks of each batch hold until it is done with.
 * Does not own: the bound (unprocessed-bound.ts), who takes room for what has no batch yet (receiver-start.ts).
 * Invariant: I1 a block's share is given back once: when its batch completes, or is forgotten before.
 */
import type { BlockRecord } from "./block-events.ts";
import type { UnprocessedBound } from "./unprocessed-bound.ts";

interface Share {
  readonly records: number;
  readonly bytes: number;
}

/** The shares of the batches that are not done with. */
export class UnprocessedBlocks {
  readonly #bound: UnprocessedBound;
  readonly #shares = new Map<number, Share>();

  constructor(bound: UnprocessedBound) {
    this.#bound = bound;
  }

  /** A batch has these blocks, whose room is taken already. */
  allocated(batchTimeMs: number, blocks: readonly BlockRecord[]): void {
    if (blocks.length > 0) this.#shares.set(batchTimeMs, shareOf(blocks));
  }

  /** Takes the room of blocks that another life received, be it there or not. */
  restored(blocks: readonly BlockRecord[]): void {
    const { bytes, records } = shareOf(blocks);
    this.#bound.insist(records, bytes);
  }

  /** Gives back the room of a batch, the first time. */
  completed(batchTimeMs: number): void {
    const share = this.#shares.get(batchTimeMs);
    if (share === undefined) return;
    this.#shares.delete(batchTimeMs);
    this.#bound.release(share.records, share.bytes);
  }
}

function shareOf(blocks: readonly BlockRecord[]): Share {
  let records = 0;
  let bytes = 0;
  for (const block of blocks) {
    // Blocks that came as bytes took their room in bytes.
    if (block.byteCount === undefined) records += block.recordCount;
    else bytes += block.byteCount;
  }
  return { records, bytes };
}
