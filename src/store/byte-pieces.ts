/** Owns: cutting content into pieces of one length, however it comes. */
import { StreamError } from "../base/index.ts";
import type { StoreContent } from "./store.ts";

/** Pieces of `byteCount` bytes each, the last one shorter; none for no bytes. Throws what the content throws, and `argument_invalid` for what is no bytes. */
export async function* inPieces(
  content: StoreContent,
  byteCount: number,
): AsyncGenerator<Uint8Array, void, undefined> {
  if (content instanceof Uint8Array) {
    for (let at = 0; at < content.length; at += byteCount) {
      yield content.subarray(at, at + byteCount);
    }
    return;
  }
  let piece = new Uint8Array(byteCount);
  let filled = 0;
  for await (const chunk of content) {
    if (!(chunk instanceof Uint8Array)) {
      throw new StreamError("argument_invalid", { expected: "chunks that are Uint8Arrays" });
    }
    for (let at = 0; at < chunk.length; ) {
      const taken = chunk.subarray(at, at + byteCount - filled);
      // Copied: a source may use its buffer again once it is asked for more.
      piece.set(taken, filled);
      filled += taken.length;
      at += taken.length;
      if (filled < byteCount) continue;
      yield piece;
      piece = new Uint8Array(byteCount);
      filled = 0;
    }
  }
  if (filled > 0) yield piece.subarray(0, filled);
}
