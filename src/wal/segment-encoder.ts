/**
 * Owns: the order of a segment's bytes while it is written: where the next frame stands, which sequence number it
 * has, and the hash that the footer will carry.
 * Does not own: the layout (log-format.ts), when anything is written (log-writer.ts).
 */
import type { Buffer } from "node:buffer";
import { createHash, type Hash } from "node:crypto";
import {
  checksumOf,
  encodeFooter,
  encodeSegmentHeader,
  frameHeaderBytes,
  type SegmentHeader,
  writeFrameHeader,
} from "./log-format.ts";

/** Where a frame stands within its segment. */
export interface FramePlace {
  readonly offset: number;
  /** Bytes of header and payload. */
  readonly length: number;
  readonly checksum: number;
}

/** Makes the bytes of one segment, part by part. */
export class SegmentEncoder {
  /** The bytes of the segment header, which come first. */
  readonly headerBytes: Buffer;
  readonly #header: SegmentHeader;
  readonly #hash: Hash = createHash("sha256");
  #offset: number;
  #nextSequence: number;

  constructor(header: SegmentHeader) {
    this.#header = header;
    this.headerBytes = encodeSegmentHeader(header);
    this.#hash.update(this.headerBytes);
    this.#offset = this.headerBytes.length;
    this.#nextSequence = header.firstSequence;
  }

  /** Where the next part will stand. */
  get offset(): number {
    return this.#offset;
  }

  get nextSequence(): number {
    return this.#nextSequence;
  }

  get frameCount(): number {
    return this.#nextSequence - this.#header.firstSequence;
  }

  /** Writes the header of the next frame at `at` of `target`; its payload has to follow. */
  writeFrameHeader(
    target: Buffer,
    at: number,
    payload: Uint8Array,
    unsyncedBefore: number,
  ): FramePlace {
    const offset = this.#offset;
    const checksum = checksumOf(payload);
    writeFrameHeader(target, at, offset, {
      payloadByteCount: payload.length,
      payloadChecksum: checksum,
      unsyncedBefore,
      epoch: this.#header.epoch,
      sequence: this.#nextSequence,
    });
    this.#hash.update(target.subarray(at, at + frameHeaderBytes));
    const length = frameHeaderBytes + payload.length;
    this.#offset += length;
    this.#nextSequence += 1;
    return { offset, length, checksum };
  }

  /** The footer after all that was written so far. */
  footer(): Buffer {
    return encodeFooter(this.#offset, {
      frameCount: this.frameCount,
      nextSequence: this.#nextSequence,
      hash: this.#hash.copy().digest(),
    });
  }
}
