/**
 * Owns: cutting bytes into blocks that each come behind their length: 4 bytes, big endian, then that many bytes.
 * Does not own: where the bytes come from, what is in a block.
 */
import { Buffer } from "node:buffer";
import { StreamError } from "../base/index.ts";
import type { Decoder, ReportMalformed } from "./decoder.ts";

const lengthBytes = 4;

/** Makes whole blocks of chunks; holds no more than the one block that is coming in. */
export class BlockFraming implements Decoder<Uint8Array> {
  readonly #blockBytesMax: number;
  readonly #report: ReportMalformed;
  readonly #length = Buffer.alloc(lengthBytes);
  #lengthFilled = 0;
  #block: Buffer | undefined;
  #blockFilled = 0;

  constructor(blockBytesMax: number, report: ReportMalformed) {
    this.#blockBytesMax = blockBytesMax;
    this.#report = report;
  }

  /** Throws `block_length_invalid`; there is no way to find the next block then. */
  *decode(chunk: Uint8Array): Generator<Uint8Array> {
    for (let from = 0; from < chunk.length; ) {
      if (this.#block === undefined) from += this.#fillLength(chunk, from);
      else from += this.#fillBlock(this.#block, chunk, from);
      const block = this.#block;
      if (block === undefined || this.#blockFilled < block.length) continue;
      this.#block = undefined;
      this.#lengthFilled = 0;
      yield block;
    }
  }

  end(): readonly Uint8Array[] {
    if (this.#lengthFilled > 0) {
      const length = this.#block?.length;
      const error = new StreamError("block_incomplete", { length, received: this.#blockFilled });
      this.#report(error.message, error);
    }
    return [];
  }

  #fillLength(chunk: Uint8Array, from: number): number {
    const part = chunk.subarray(from, from + lengthBytes - this.#lengthFilled);
    this.#length.set(part, this.#lengthFilled);
    this.#lengthFilled += part.length;
    if (this.#lengthFilled === lengthBytes) this.#beginBlock(this.#length.readUInt32BE(0));
    return part.length;
  }

  #beginBlock(length: number): void {
    const blockBytesMax = this.#blockBytesMax;
    if (length === 0 || length > blockBytesMax) {
      throw new StreamError("block_length_invalid", { length, blockBytesMax });
    }
    this.#block = Buffer.allocUnsafeSlow(length);
    this.#blockFilled = 0;
  }

  #fillBlock(block: Buffer, chunk: Uint8Array, from: number): number {
    const part = chunk.subarray(from, from + block.length - this.#blockFilled);
    block.set(part, this.#blockFilled);
    this.#blockFilled += part.length;
    return part.length;
  }
}
