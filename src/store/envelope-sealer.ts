/** Owns: writing one envelope: its header, and chunk after chunk. Does not own: how chunks are cut and packed (packing.ts). */
import { createCipheriv } from "node:crypto";
import { crc32 } from "node:zlib";
import type { EncryptionKeys, EnvelopeKey } from "./encryption-keys.ts";
import {
  associatedBytes,
  type EnvelopeKind,
  encodeHeader,
  encodeWord,
  envelopeKinds,
  formatVersion,
  nonceOf,
  placedVersion,
  saltBytes,
  wordBytes,
} from "./envelope-format.ts";
import type { Packed } from "./packing.ts";

export interface SealerOptions {
  readonly kind: EnvelopeKind;
  readonly name: string;
  readonly chunkBytes: number;
  readonly keys: EncryptionKeys | undefined;
  readonly drawBytes: (byteCount: number) => Uint8Array;
}

export class EnvelopeSealer {
  readonly header: Uint8Array;
  readonly #name: string;
  readonly #key: EnvelopeKey | undefined;
  #index = 0;

  constructor({ kind, name, chunkBytes, keys, drawBytes }: SealerOptions) {
    this.#name = name;
    const salt = keys === undefined ? new Uint8Array(0) : drawBytes(saltBytes);
    const keyId = keys?.keyId ?? "";
    this.#key = keys?.derive(keyId, salt);
    this.header = encodeHeader({
      version: kind === "payload" && name !== "" ? placedVersion : formatVersion,
      kind: envelopeKinds[kind],
      chunkBytes,
      keyed: this.#key && { keyId, salt, keyCheck: this.#key.keyCheck },
    });
  }

  /** The next chunk. The last one says so, and there is always one. */
  seal({ packing, bytes }: Packed, place: "middle" | "last"): Uint8Array {
    const index = this.#index++;
    const word = encodeWord({ isLast: place === "last", packing, bodyBytes: bytes.length });
    const associated = associatedBytes({ header: this.header, index, word, name: this.#name });
    const wordField = Buffer.alloc(wordBytes);
    wordField.writeUInt32BE(word);
    if (this.#key === undefined) return Buffer.concat([wordField, bytes, crcOf(associated, bytes)]);
    const cipher = createCipheriv("aes-256-gcm", this.#key.key, nonceOf(index));
    cipher.setAAD(associated);
    const body = cipher.update(bytes);
    return Buffer.concat([wordField, body, cipher.final(), cipher.getAuthTag()]);
  }
}

/** CRC-32 of what a check covers. */
export function crcOf(associated: Uint8Array, body: Uint8Array): Buffer {
  const field = Buffer.alloc(4);
  field.writeUInt32BE(crc32(body, crc32(associated)));
  return field;
}
