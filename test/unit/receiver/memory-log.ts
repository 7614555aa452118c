/** Owns: a receiver log and a journal in memory, which outlive the driver of a test, and which it can make fail or wait. */
import { StreamError } from "../../../src/base/index.ts";
import { decodeValue, encodeValue } from "../../../src/codec/index.ts";
import type {
  BlockEvent,
  BlockJournal,
  BlockLocation,
  BlockLog,
  TrackerState,
} from "../../../src/receiver/index.ts";
import { ReceivedBlockTracker } from "../../../src/receiver/index.ts";

/** What every write waits for, and fails with. */
export type Gate = () => Promise<void>;

export class MemoryLog implements BlockLog {
  readonly segment: string;
  readonly frames = new Map<number, Uint8Array>();
  reads = 0;
  gate: Gate = () => Promise.resolve();
  /** What follows when the bytes are there. */
  kept: Gate = () => Promise.resolve();
  #offset = 0;

  constructor(segment = "blocks/0000000001-driver-0000000000") {
    this.segment = segment;
  }

  async append(bytes: Uint8Array): Promise<BlockLocation> {
    await this.gate();
    const offset = this.#offset;
    this.#offset += bytes.length;
    this.frames.set(offset, bytes.slice());
    await this.kept();
    return { segment: this.segment, offset, length: bytes.length, checksum: 0 };
  }

  async read({ offset, segment }: BlockLocation): Promise<Uint8Array> {
    this.reads += 1;
    const frame = segment === this.segment ? this.frames.get(offset) : undefined;
    if (frame === undefined) {
      throw new StreamError("block_unreadable", { file: segment, offset, reason: "damaged" });
    }
    return frame;
  }
}

/** Keeps events as bytes: what is no plain data is refused, and nothing is shared with the driver. */
export class MemoryJournal implements BlockJournal {
  readonly frames: Uint8Array[] = [];
  gate: Gate = () => Promise.resolve();
  /** What follows when the event is there. */
  kept: Gate = () => Promise.resolve();

  async append(event: BlockEvent): Promise<void> {
    const bytes = encodeValue(event);
    await this.gate();
    this.frames.push(bytes);
    await this.kept();
  }

  get events(): BlockEvent[] {
    return this.frames.map((bytes) => decodeValue(bytes) as BlockEvent);
  }

  /** What the next life knows. */
  fold(): TrackerState {
    const tracker = new ReceivedBlockTracker();
    for (const event of this.events) tracker.apply(event);
    return throughBytes(tracker.snapshot());
  }
}

/** What comes back of plain data that was written. */
export function throughBytes<T>(data: T): T {
  return decodeValue(encodeValue(data)) as T;
}
