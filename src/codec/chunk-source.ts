/**
 * Owns: reading bytes that come in chunks of any size as a sequence of exact pieces, and counting
 * and hashing them.
 * Does not own: what the pieces mean (avro-container-reader.ts).
 */
import { Buffer } from "node:buffer";
import { createHash } from "node:crypto";

/** The pieces of a sequence of chunks, which is read once, from its start. */
export class ChunkSource {
  readonly #chunks: AsyncIterator<Uint8Array> | Iterator<Uint8Array>;
  readonly #hash = createHash("sha256");
  #held: Buffer = Buffer.alloc(0);
  #offset = 0;

  constructor(chunks: AsyncIterable<Uint8Array> | Iterable<Uint8Array>) {
    this.#chunks =
      Symbol.asyncIterator in chunks ? chunks[Symbol.asyncIterator]() : chunks[Symbol.iterator]();
  }

  /** How many bytes were taken. */
  get offset(): number {
    return this.#offset;
  }

  /** The next bytes, at most so many; fewer only where the sequence ends. They are not taken. */
  async peek(byteCount: number): Promise<Buffer> {
    if (this.#held.length < byteCount) await this.#hold(byteCount);
    return this.#held.subarray(0, byteCount);
  }

  /** Takes bytes that `peek` has shown. */
  take(byteCount: number): Buffer {
    const taken = this.#held.subarray(0, byteCount);
    this.#held = this.#held.subarray(byteCount);
    this.#offset += taken.length;
    this.#hash.update(taken);
    return taken;
  }

  /** SHA-256 over the bytes taken so far, as 64 hexadecimal digits. */
  sha256(): string {
    return this.#hash.copy().digest("hex");
  }

  /** Lets go of the chunks that were not asked for. */
  async close(): Promise<void> {
    await this.#chunks.return?.();
  }

  async #hold(byteCount: number): Promise<void> {
    const pieces = [this.#held];
    let held = this.#held.length;
    while (held < byteCount) {
      const next = await this.#chunks.next();
      if (next.done === true) break;
      const { buffer, byteOffset, byteLength } = next.value;
      pieces.push(Buffer.from(buffer, byteOffset, byteLength));
      held += byteLength;
    }
    this.#held = Buffer.concat(pieces, held);
  }
}
