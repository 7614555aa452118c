/**
 * Owns: the bytes of a group of frames that are made durable together.
 *
 * I1. What is small is copied into one run of bytes, what is large is handed over as it is: an append costs a turn of the
 *     machine's thread pool, a copy costs its length.
 * I2. The run is the packer's own and is used again by the next group; so a group has to be durable before the next is packed.
 */
import { Buffer } from "node:buffer";
import { frameHeaderBytes } from "./log-format.ts";
import type { FramePlace, SegmentEncoder } from "./segment-encoder.ts";

/** Payloads from this length on are not copied. */
const copiedBytesMax = 2 ** 19;

/** A run of more bytes is not kept for the next group. */
const keptBytesMax = 2 ** 22;

export interface FrameGroup {
  /** To be written one behind the other. */
  readonly pieces: readonly Uint8Array[];
  readonly places: readonly FramePlace[];
}

/** Packs the groups of one log. */
export class FramePacker {
  /** Memory that was used before costs no page faults, which are dearer than the copying. */
  #kept: Buffer = Buffer.alloc(0);

  /** The next frames of a segment, behind `prefix`. */
  pack(
    encoder: SegmentEncoder,
    payloads: readonly Uint8Array[],
    prefix: Uint8Array = Buffer.alloc(0),
  ): FrameGroup {
    const run = this.#room(payloads.reduce((sum, each) => sum + runBytes(each), prefix.length));
    run.set(prefix);
    const pieces: Uint8Array[] = [];
    const places: FramePlace[] = [];
    let from = 0;
    let at = prefix.length;
    for (const [index, payload] of payloads.entries()) {
      places.push(encoder.writeFrameHeader(run, at, payload, index));
      at += frameHeaderBytes;
      if (isCopied(payload)) {
        run.set(payload, at);
        at += payload.length;
      } else {
        pieces.push(run.subarray(from, at), payload);
        from = at;
      }
    }
    if (at > from) pieces.push(run.subarray(from, at));
    return { pieces, places };
  }

  #room(byteCount: number): Buffer {
    if (byteCount > keptBytesMax) return Buffer.allocUnsafe(byteCount);
    if (byteCount > this.#kept.length) {
      const grown = Math.min(Math.max(byteCount, 2 * this.#kept.length), keptBytesMax);
      this.#kept = Buffer.allocUnsafeSlow(grown);
    }
    return this.#kept.subarray(0, byteCount);
  }
}

function runBytes(payload: Uint8Array): number {
  return frameHeaderBytes + (isCopied(payload) ? payload.length : 0);
}

function isCopied(payload: Uint8Array): boolean {
  return payload.length < copiedBytesMax;
}
