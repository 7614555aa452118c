/**
 * Owns: cutting what a connection brings, in chunks of any size, into frames.
 * Does not own: what frames mean (channel.ts).
 *
 * I1. Nothing is allocated for a length that was merely announced: what is held is what has come.
 * I2. A frame that lies within one chunk is handed out without a copy.
 * I3. After the first fault nothing more comes out.
 */
import { Buffer } from "node:buffer";
import { StreamError } from "../../base/index.ts";
import { type Frame, type FrameKind, headerBytes, readHeader } from "./frame-format.ts";

interface Header {
  readonly kind: FrameKind;
  readonly call: number;
  readonly payloadBytes: number;
}

/** Reads frames out of chunks. */
export class FrameReader {
  readonly #payloadBytesMax: () => number;
  readonly #chunks: Buffer[] = [];
  #heldBytes = 0;
  #header: Header | undefined;
  #isDamaged = false;

  /** `payloadBytesMax` is asked anew for each frame. */
  constructor(payloadBytesMax: () => number) {
    this.#payloadBytesMax = payloadBytesMax;
  }

  /** The frames that are complete with this chunk. Throws `channel_damaged` where what came is no frame. */
  *read(chunk: Buffer): Generator<Frame, void, undefined> {
    if (this.#isDamaged) return;
    if (chunk.length > 0) this.#chunks.push(chunk);
    this.#heldBytes += chunk.length;
    for (;;) {
      this.#header ??= this.#nextHeader();
      if (this.#header === undefined || this.#heldBytes < this.#header.payloadBytes) return;
      const { kind, call, payloadBytes } = this.#header;
      this.#header = undefined;
      yield { kind, call, payload: this.#take(payloadBytes) };
    }
  }

  /** To be called when nothing more comes. Throws `channel_damaged` where a frame has begun and not ended. */
  end(): void {
    if (this.#isDamaged || (this.#heldBytes === 0 && this.#header === undefined)) return;
    throw this.#damage({ reason: "it ends within a frame", heldBytes: this.#heldBytes });
  }

  /** What came behind the last frame that was handed out; to be called between frames. */
  rest(): Buffer {
    return Buffer.concat(this.#chunks);
  }

  #nextHeader(): Header | undefined {
    if (this.#heldBytes < headerBytes) return undefined;
    const bytes = this.#take(headerBytes);
    const header = readHeader(bytes);
    if (header === undefined) {
      throw this.#damage({ reason: "no frame begins so", bytes: bytes.toString("hex") });
    }
    const limit = this.#payloadBytesMax();
    if (header.payloadBytes > limit) {
      throw this.#damage({
        reason: "a frame is longer than allowed",
        payloadBytes: header.payloadBytes,
        limit,
      });
    }
    return header;
  }

  #damage(details: Readonly<Record<string, unknown>>): StreamError {
    this.#isDamaged = true;
    this.#chunks.length = 0;
    return new StreamError("channel_damaged", details);
  }

  /** The next `count` bytes, all of which are here. */
  #take(count: number): Buffer {
    this.#heldBytes -= count;
    const first = this.#chunks[0];
    if (count === 0 || first === undefined) return Buffer.alloc(0);
    if (first.length > count) {
      this.#chunks[0] = first.subarray(count);
      return first.subarray(0, count);
    }
    if (first.length === count) {
      this.#chunks.shift();
      return first;
    }
    return this.#gather(count);
  }

  #gather(count: number): Buffer {
    const gathered = Buffer.allocUnsafe(count);
    let filled = 0;
    let usedChunks = 0;
    for (const chunk of this.#chunks) {
      const part = Math.min(chunk.length, count - filled);
      gathered.set(part === chunk.length ? chunk : chunk.subarray(0, part), filled);
      filled += part;
      if (part < chunk.length) {
        this.#chunks[usedChunks] = chunk.subarray(part);
        break;
      }
      usedChunks += 1;
      if (filled === count) break;
    }
    this.#chunks.splice(0, usedChunks);
    return gathered;
  }
}
