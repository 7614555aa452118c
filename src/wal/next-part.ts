/**
 * Owns: finding the next frame or footer behind damage.
 *
 * I1. What is found fits in: it is of the same epoch, and no further on in sequence than the bytes between have room for
 *     frames. So bytes of a payload that look like a frame are not taken for one, unless they were made for this very place.
 */
import { Buffer } from "node:buffer";
import {
  decodeFooter,
  decodeFrameHeader,
  footerBytes,
  frameHeaderBytes,
  frameMarker,
} from "./log-format.ts";
import type { SegmentWindow } from "./segment-window.ts";

/** What both markers begin with. */
const markerStart = Buffer.from(frameMarker.subarray(0, 3));
const stepBytes = 2 ** 16;

export interface NextPart {
  /** Where it begins; the end of the file where there is none. */
  readonly offset: number;
  /** The sequence number of the frame, or the one behind the footer; undefined at the end of the file. */
  readonly sequence: number | undefined;
  /** Frames below it had been durable. */
  readonly durableBelow: number | undefined;
}

export interface Behind {
  /** Where the damage begins. */
  readonly from: number;
  readonly epoch: number | undefined;
  readonly nextSequence: number | undefined;
}

/** Looks from the byte after the beginning of the damage on. */
export async function findNextPart(window: SegmentWindow, behind: Behind): Promise<NextPart> {
  let offset = behind.from + 1;
  for (;;) {
    const bytes = window.peek(offset, stepBytes) ?? (await window.bytes(offset, stepBytes));
    const at = bytes.indexOf(markerStart);
    if (at >= 0) {
      const partOffset = offset + at;
      // Awaiting what is there already would cost more than all the rest, where bytes are full of markers.
      const head =
        window.peek(partOffset, footerBytes) ?? (await window.bytes(partOffset, footerBytes));
      const part = partOf(head, partOffset, behind);
      if (part !== undefined) return part;
      offset += at + 1;
    } else if (bytes.length < stepBytes) {
      const end = bytes.length === 0 ? await endBefore(window, offset) : offset + bytes.length;
      return { offset: end, sequence: undefined, durableBelow: undefined };
    } else {
      // A marker may begin with the last bytes of this step.
      offset += bytes.length - (markerStart.length - 1);
    }
  }
}

/** The search begins a byte behind the damage, which a file of one more byte does not have. */
async function endBefore(window: SegmentWindow, offset: number): Promise<number> {
  const { length } = await window.bytes(offset - 1, 1);
  return offset - 1 + length;
}

function partOf(head: Buffer, offset: number, behind: Behind): NextPart | undefined {
  const footer = head.length === footerBytes ? decodeFooter(head, offset) : undefined;
  if (footer !== undefined) {
    const { nextSequence: sequence } = footer;
    const part = { offset, sequence, durableBelow: sequence };
    return fits(part, behind) ? part : undefined;
  }
  const header = head.length >= frameHeaderBytes ? decodeFrameHeader(head, offset) : undefined;
  if (header === undefined) return undefined;
  const { sequence, unsyncedBefore } = header;
  const part = { offset, sequence, durableBelow: sequence - unsyncedBefore };
  const isSameEpoch = behind.epoch === undefined || header.epoch === behind.epoch;
  return isSameEpoch && fits(part, behind) ? part : undefined;
}

function fits(part: { offset: number; sequence: number }, behind: Behind): boolean {
  if (behind.nextSequence === undefined) return true;
  const framesMax = Math.floor((part.offset - behind.from) / frameHeaderBytes);
  const framesPassed = part.sequence - behind.nextSequence;
  return framesPassed >= 0 && framesPassed <= framesMax;
}
