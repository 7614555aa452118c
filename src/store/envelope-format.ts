/**
 * Owns: the envelope that a store with compression or encryption puts around what it stores: its header, its chunks, and
 * what the check of a chunk covers. docs/format/envelope.md tells it to readers in other languages.
 * Does not own: writing (envelope-sealer.ts), reading (envelope-opener.ts), keys (encryption-keys.ts).
 *
 *     header   magic 4 | version 1 | kind 1 | encryption 1 | length of key id 1 | chunk bytes 4 | key id | salt 16 | key check 4
 *     chunk    word 4 | body | check: 16 bytes with encryption, else 4
 *
 * Salt and key check are there with encryption only. Numbers are big-endian. The word of a chunk: the highest bit marks the
 * last one, three bits tell its packing, 28 the length of the body.
 *
 * Invariants: I1 the check of a chunk covers the header, the chunk's index, its word, the name of the object, and the body:
 * what was changed, cut, reordered or put under another name does not pass. I2 with encryption, key and nonce are used once:
 * the key comes from a salt of 16 random bytes per envelope, the nonce is the chunk's index.
 */

export const magic: Uint8Array = Uint8Array.of(0x89, 0x4d, 0x52, 0x45);
/** Of an object, and of a payload whose writer says nothing about its place. */
export const formatVersion = 1;
/** Of a payload that is bound to its place. */
export const placedVersion = 2;

/** What is in it: an object of a store, or the payload of one frame of a log. One cannot pass for the other. */
export const envelopeKinds = { object: 0, payload: 1 } as const;
export type EnvelopeKind = keyof typeof envelopeKinds;

export const encryptions = { none: 0, aes256Gcm: 1 } as const;

/** How the bytes of a chunk were made small: not at all, or by deflate without any wrapping. */
export const packings = { none: 0, deflateRaw: 1 } as const;
export type PackingNumber = (typeof packings)[keyof typeof packings];

export const fixedHeaderBytes = 12;
export const saltBytes = 16;
export const keyCheckBytes = 4;
export const wordBytes = 4;
export const tagBytes = 16;
export const crcBytes = 4;

/** How much of the content a chunk holds, but the last. */
export const chunkBytesDefault: number = 256 * 1024;
/** What a reader is ready to take into memory for one chunk. */
export const chunkBytesMax: number = 16 * 1024 * 1024;

/** What precedes the chunks. */
export interface EnvelopeHeader {
  readonly version: number;
  readonly kind: number;
  readonly chunkBytes: number;
  /** Undefined without encryption. */
  readonly keyed:
    | { readonly keyId: string; readonly salt: Uint8Array; readonly keyCheck: Uint8Array }
    | undefined;
}

export function encodeHeader({ version, kind, chunkBytes, keyed }: EnvelopeHeader): Uint8Array {
  const keyId = Buffer.from(keyed?.keyId ?? "", "utf8");
  const fixed = Buffer.alloc(fixedHeaderBytes);
  fixed.set(magic);
  fixed[4] = version;
  fixed[5] = kind;
  fixed[6] = keyed === undefined ? encryptions.none : encryptions.aes256Gcm;
  fixed[7] = keyId.length;
  fixed.writeUInt32BE(chunkBytes, 8);
  if (keyed === undefined) return fixed;
  return Buffer.concat([fixed, keyId, keyed.salt, keyed.keyCheck]);
}

/** The options without which bytes cannot be read that begin with an envelope; undefined for other bytes. */
export function optionsOfEnvelope(bytes: Uint8Array): "compress" | "encrypt" | undefined {
  const isEnvelope =
    bytes.length >= fixedHeaderBytes && magic.every((byte, at) => bytes[at] === byte);
  if (!isEnvelope) return undefined;
  return bytes[6] === encryptions.none ? "compress" : "encrypt";
}

export interface ChunkWord {
  readonly isLast: boolean;
  readonly packing: number;
  readonly bodyBytes: number;
}

const lastBit = 2 ** 31;
const packingUnit = 2 ** 28;

export function encodeWord({ isLast, packing, bodyBytes }: ChunkWord): number {
  return (isLast ? lastBit : 0) + packing * packingUnit + bodyBytes;
}

export function decodeWord(word: number): ChunkWord {
  const rest = word % lastBit;
  return {
    isLast: word >= lastBit,
    packing: Math.floor(rest / packingUnit),
    bodyBytes: rest % packingUnit,
  };
}

/** What a check covers besides the body. */
export interface ChunkPlace {
  readonly header: Uint8Array;
  readonly index: number;
  readonly word: number;
  /** Of the object; of a payload what its writer says about its place. */
  readonly name: string;
}

export function associatedBytes({ header, index, word, name }: ChunkPlace): Buffer {
  const numbers = Buffer.alloc(8);
  numbers.writeUInt32BE(index, 0);
  numbers.writeUInt32BE(word, 4);
  return Buffer.concat([header, numbers, Buffer.from(name, "utf8")]);
}

export function nonceOf(index: number): Buffer {
  const nonce = Buffer.alloc(12);
  nonce.writeUInt32BE(index, 8);
  return nonce;
}
