/**
 * Owns: which blocks are in memory, how much they take together, and which one has to make room for another.
 * Does not own: what becomes of a block that makes room (block-store.ts).
 * Invariants: I1 the bytes held are those of the blocks kept and of the room that is promised. I2 a block is asked to
 * leave by one at a time. I3 what cannot leave may pass the bound: received data is never given up.
 */
import { areOfOneDataset, isExpendable, type LocalBlock } from "./local-block.ts";

/** The blocks in memory, the least recently used first. */
export class BlockMemory {
  readonly #bytesMax: number;
  readonly #evict: (victim: LocalBlock) => Promise<void>;
  readonly #idle = new Set<LocalBlock>();
  readonly #leaving = new Map<LocalBlock, Promise<void>>();
  #byteCount = 0;

  /** `evict` takes a block out of memory by `release`, or leaves it there for good. */
  constructor(bytesMax: number, evict: (victim: LocalBlock) => Promise<void>) {
    this.#bytesMax = bytesMax;
    this.#evict = evict;
  }

  /** Promises room for a block, after others have left where they must; false when there is none to be had. */
  async makeRoomFor(block: LocalBlock): Promise<boolean> {
    if (block.byteCount > this.#bytesMax) return false;
    while (this.#byteCount + block.byteCount > this.#bytesMax) {
      const leaving = this.#nextToLeave(block);
      if (leaving === undefined) return false;
      await leaving;
    }
    this.#byteCount += block.byteCount;
    return true;
  }

  /** Promises room for a block that must stay in memory, beyond the bound where it has to be. */
  insistOnRoomFor(block: LocalBlock): void {
    this.#byteCount += block.byteCount;
  }

  /** Takes in a block that room was promised for. */
  keep(block: LocalBlock): void {
    this.#idle.add(block);
  }

  /** Notes that a block was used just now. */
  touch(block: LocalBlock): void {
    if (this.#idle.delete(block)) this.#idle.add(block);
  }

  /** Lets go of a block, or of the room that was promised for it. */
  release(block: LocalBlock): void {
    this.#idle.delete(block);
    this.#byteCount -= block.byteCount;
  }

  #nextToLeave(newcomer: LocalBlock): Promise<void> | undefined {
    for (const block of this.#idle) {
      // A dataset larger than memory would else push out its own partitions in turn, and keep none until it is used.
      if (canLeave(block) && !areOfOneDataset(block, newcomer)) return this.#leave(block);
    }
    return this.#leaving.values().next().value;
  }

  #leave(block: LocalBlock): Promise<void> {
    this.#idle.delete(block);
    const leaving = this.#evict(block).finally(() => this.#leaving.delete(block));
    this.#leaving.set(block, leaving);
    return leaving;
  }
}

function canLeave(block: LocalBlock): boolean {
  return block.level.useDisk || isExpendable(block);
}
