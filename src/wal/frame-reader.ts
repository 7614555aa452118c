/**
 * Owns: reading one frame by its address, for those whose journal vouches for it.
 */
import { Buffer } from "node:buffer";
import { StreamError } from "../base/index.ts";
import type { Store } from "../store/index.ts";
import { undecodable } from "./damage.ts";
import { type FrameTransform, framePlace } from "./frame-place.ts";
import {
  checksumOf,
  decodeFrameHeader,
  type FrameHeader,
  frameHeaderBytes,
  type LogKind,
  payloadBytesMax,
} from "./log-format.ts";
import type { FrameAddress } from "./segment-events.ts";

export interface ReadFrameOptions {
  /** The log that it is of (default: the receiver log). */
  readonly kind?: LogKind | undefined;
  readonly decode?: FrameTransform | undefined;
}

/**
 * The payload of the frame at an address, verified against the frame's own checksums and the address. Rejects with
 * `log_damaged`, and as the store does.
 */
export async function readFrame(
  store: Pick<Store, "readRange">,
  address: FrameAddress,
  { decode, kind = "blocks" }: ReadFrameOptions = {},
): Promise<Uint8Array> {
  const { length, offset, segment } = address;
  if (length < frameHeaderBytes || length > frameHeaderBytes + payloadBytesMax) {
    throw damaged(address, "no frame has the length of the address");
  }
  const bytes = await store.readRange(segment, offset, length);
  const frame = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
  const { header, stored } = verified(frame, address);
  try {
    return decode === undefined ? stored : await decode(stored, framePlace(kind, segment, header));
  } catch (error) {
    throw undecodable(address, error);
  }
}

function verified(
  bytes: Buffer,
  address: FrameAddress,
): { readonly header: FrameHeader; readonly stored: Buffer } {
  const { checksum, length, offset } = address;
  if (bytes.length < length) throw damaged(address, `the file has ${bytes.length} bytes of it`);
  const header = decodeFrameHeader(bytes.subarray(0, frameHeaderBytes), offset);
  if (header === undefined) throw damaged(address, "no frame begins there");
  const stored = bytes.subarray(frameHeaderBytes);
  const isSame = header.payloadByteCount === stored.length && header.payloadChecksum === checksum;
  if (!isSame) throw damaged(address, "another frame is there");
  if (checksumOf(stored) !== checksum)
    throw damaged(address, "the checksum of the payload is wrong");
  return { header, stored };
}

function damaged({ offset, segment: file }: FrameAddress, why: string): StreamError {
  return new StreamError("log_damaged", { file, offset, why });
}
