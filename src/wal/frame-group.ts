/**
 * Owns: the bytes of a group of frames that are made durable together.
 *
 * I1. What is small is copied into one run of bytes, what is large is handed over as it is: an append costs a call into the
 *     kernel, a copy costs its length.
 */
import { Buffer } from "node:buffer";
import { frameHeaderBytes } from "./log-format.ts";
import type { FramePlace, SegmentEncoder } from "./segment-encoder.ts";

/** Payloads from this length on are not copied. */
const copiedBytesMax = 2 ** 15;

export interface FrameGroup {
  /** To be written one behind the other. */
  readonly pieces: readonly Uint8Array[];
  readonly places: readonly FramePlace[];
}

/** The next frames of a segment, behind `prefix`. */
export function packFrames(
  encoder: SegmentEncoder,
  payloads: readonly Uint8Array[],
  prefix: Uint8Array = Buffer.alloc(0),
): FrameGroup {
  const run = Buffer.allocUnsafe(
    payloads.reduce((sum, each) => sum + runBytes(each), prefix.length),
  );
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

function runBytes(payload: Uint8Array): number {
  return frameHeaderBytes + (isCopied(payload) ? payload.length : 0);
}

function isCopied(payload: Uint8Array): boolean {
  return payload.length < copiedBytesMax;
}
