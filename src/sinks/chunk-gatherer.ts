/** Owns: making few large writes of many small chunks of text and bytes. */
import { Buffer } from "node:buffer";
import { StreamError } from "../base/index.ts";

const gatheredMin = 65_536;

/** Gathers chunks in order until there are enough of them for a write. */
export class ChunkGatherer {
  #text = "";
  #pieces: Buffer[] = [];
  #pieceBytes = 0;

  /** Adds a chunk, whose bytes may change afterwards; throws `file_chunk_invalid`. */
  add(chunk: string | Uint8Array): void {
    if (typeof chunk === "string") this.#text += chunk;
    else if (chunk instanceof Uint8Array) this.#addPiece(Buffer.from(chunk));
    else throw new StreamError("file_chunk_invalid", { chunk });
  }

  get isFull(): boolean {
    return this.#pieceBytes + this.#text.length >= gatheredMin;
  }

  /** All that was added since the last time. */
  take(): Buffer {
    this.#encodeText();
    const taken = Buffer.concat(this.#pieces, this.#pieceBytes);
    this.#pieces = [];
    this.#pieceBytes = 0;
    return taken;
  }

  #addPiece(piece: Buffer): void {
    this.#encodeText();
    this.#pieces.push(piece);
    this.#pieceBytes += piece.length;
  }

  #encodeText(): void {
    const text = this.#text;
    this.#text = "";
    if (text !== "") this.#addPiece(Buffer.from(text, "utf8"));
  }
}
