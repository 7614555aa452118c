/**
 * Owns: the bytes of a segment, read piece by piece.
 * Invariants: I1 no more is asked of the store at once, and no more is held, than a piece and what was asked for, as far as
 * the file really has it: a length that is not true costs nothing. I2 nothing at `limit` or beyond it is read.
 */
import { Buffer } from "node:buffer";
import type { Store } from "../store/index.ts";

const pieceBytes = 2 ** 18;
const pieceBytesMax = 2 ** 22;

/** A view of a file that moves along it. */
export class SegmentWindow {
  readonly #store: Pick<Store, "readRange">;
  readonly #name: string;
  readonly #limit: number;
  #start = 0;
  #bytes: Buffer = Buffer.alloc(0);
  #atEnd = false;

  constructor(store: Pick<Store, "readRange">, name: string, limit: number = Infinity) {
    this.#store = store;
    this.#name = name;
    this.#limit = limit;
  }

  /** The bytes from `offset` on; fewer than `byteCount` where the file, or what may be read of it, ends before. */
  async bytes(offset: number, byteCount: number): Promise<Buffer> {
    return this.peek(offset, byteCount) ?? (await this.#fill(offset, byteCount));
  }

  /** As `bytes`, where they have been read already. */
  peek(offset: number, byteCount: number): Buffer | undefined {
    const from = offset - this.#start;
    if (from < 0 || (from + byteCount > this.#bytes.length && !this.#atEnd)) return undefined;
    return this.#bytes.subarray(from, from + byteCount);
  }

  async #fill(offset: number, byteCount: number): Promise<Buffer> {
    const from = offset - this.#start;
    const isKept = from >= 0 && from < this.#bytes.length;
    const pieces: Uint8Array[] = isKept ? [this.#bytes.subarray(from)] : [];
    let held = isKept ? this.#bytes.length - from : 0;
    // Nothing before `offset` is asked for again, but by a reader that begins anew.
    this.#atEnd = false;
    while (held < byteCount && !this.#atEnd) {
      const wanted = Math.min(Math.max(byteCount - held, pieceBytes), pieceBytesMax);
      const count = Math.min(wanted, this.#limit - offset - held);
      const piece =
        count > 0 ? await this.#store.readRange(this.#name, offset + held, count) : undefined;
      if (piece !== undefined) pieces.push(piece);
      held += piece?.length ?? 0;
      this.#atEnd = (piece?.length ?? 0) < count || count <= 0;
    }
    this.#start = offset;
    this.#bytes = pieces.length === 1 ? asBuffer(pieces[0]) : Buffer.concat(pieces);
    return this.#bytes.subarray(0, byteCount);
  }
}

function asBuffer(bytes: Uint8Array = Buffer.alloc(0)): Buffer {
  if (Buffer.isBuffer(bytes)) return bytes;
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
