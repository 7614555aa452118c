/** Owns: making the bytes of a chunk small, and large again, beside the event loop or in it. */
import { promisify } from "node:util";
import { constants, deflateRaw, deflateRawSync, inflateRaw, inflateRawSync } from "node:zlib";
import { type PackingNumber, packings } from "./envelope-format.ts";

/** How a store makes things small. */
export type Compression = "deflate";

export interface Packed {
  readonly packing: PackingNumber;
  readonly bytes: Uint8Array;
}

/** A store waits for its compression rather than the disk already at the next levels. */
const deflateOptions = { level: constants.Z_BEST_SPEED };

const deflateAside = promisify<Uint8Array, typeof deflateOptions, Buffer>(deflateRaw);
const inflateAside = promisify<Uint8Array, { maxOutputLength: number }, Buffer>(inflateRaw);

export async function pack(
  bytes: Uint8Array,
  compression: Compression | undefined,
): Promise<Packed> {
  if (compression === undefined || bytes.length === 0) return unpacked(bytes);
  return smaller(bytes, await deflateAside(bytes, deflateOptions));
}

export function packSync(bytes: Uint8Array, compression: Compression | undefined): Packed {
  if (compression === undefined || bytes.length === 0) return unpacked(bytes);
  return smaller(bytes, deflateRawSync(bytes, deflateOptions));
}

/** Rejects for what is not packed so, and for more than `bytesMax`, before it has taken the room. */
export async function unpack({ packing, bytes }: Packed, bytesMax: number): Promise<Uint8Array> {
  if (packing === packings.none) return bytes;
  return inflateAside(bytes, { maxOutputLength: bytesMax });
}

export function unpackSync({ packing, bytes }: Packed, bytesMax: number): Uint8Array {
  if (packing === packings.none) return bytes;
  return inflateRawSync(bytes, { maxOutputLength: bytesMax });
}

function smaller(bytes: Uint8Array, deflated: Uint8Array): Packed {
  if (deflated.length >= bytes.length) return unpacked(bytes);
  return { packing: packings.deflateRaw, bytes: deflated };
}

function unpacked(bytes: Uint8Array): Packed {
  return { packing: packings.none, bytes };
}
