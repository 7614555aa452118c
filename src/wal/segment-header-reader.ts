/**
 * Owns: reading the header of a segment, and telling what is wrong with it.
 */
import type { Buffer } from "node:buffer";
import {
  decodePreamble,
  decodeSegmentHeader,
  logFormatVersion,
  preambleBytes,
  type SegmentHeader,
  segmentHeaderByteCount,
  segmentHeaderFixedBytes,
} from "./log-format.ts";
import type { SegmentExpectation } from "./segment-events.ts";
import type { SegmentWindow } from "./segment-window.ts";

export type FoundHeader =
  | { readonly kind: "header"; readonly header: SegmentHeader; readonly bytes: Buffer }
  | {
      readonly kind:
        | "header_cut"
        | "header_damaged"
        | "header_mismatch"
        | "foreign"
        | "format_newer";
      readonly why: string;
    };

/** Reads it from the beginning of a file. */
export async function readSegmentHeader(
  window: SegmentWindow,
  expected: SegmentExpectation,
): Promise<FoundHeader> {
  const fixed = await window.bytes(0, segmentHeaderFixedBytes);
  if (fixed.length >= preambleBytes) {
    const preamble = decodePreamble(fixed);
    if (preamble.kind === "foreign") {
      return { kind: "foreign", why: "it does not begin as a segment of a log does" };
    }
    if (preamble.kind === "damaged") return { kind: "header_damaged", why: checksumWrong };
    if (preamble.version > logFormatVersion) {
      const why = `it is of version ${preamble.version}, this release reads up to ${logFormatVersion}`;
      return { kind: "format_newer", why };
    }
  }
  if (fixed.length < segmentHeaderFixedBytes) return cut(fixed.length);
  const byteCount = segmentHeaderByteCount(fixed);
  if (byteCount === undefined) return { kind: "header_damaged", why: checksumWrong };
  const bytes = await window.bytes(0, byteCount);
  if (bytes.length < byteCount) return cut(bytes.length);
  const header = decodeSegmentHeader(bytes);
  if (header === undefined) return { kind: "header_damaged", why: checksumWrong };
  return mismatch(header, expected) ?? { kind: "header", header, bytes };
}

const checksumWrong = "the checksum of the header is wrong";

function cut(byteCount: number): FoundHeader {
  return { kind: "header_cut", why: `it ends after ${byteCount} bytes` };
}

function mismatch(header: SegmentHeader, expected: SegmentExpectation): FoundHeader | undefined {
  const names = ["kind", "segment", "epoch"] as const;
  for (const name of names) {
    const value = expected[name];
    if (value !== undefined && value !== header[name]) {
      const why = `its ${name} is ${header[name]}, and should be ${value}`;
      return { kind: "header_mismatch", why };
    }
  }
  return undefined;
}
