/**
 * Owns: reading one envelope: every chunk is checked before anybody sees its bytes, and an end that is not marked is none.
 * Reading bytes of any kind ends, in time and memory bounded by their number and the largest chunk.
 */
import { createDecipheriv } from "node:crypto";
import { type ErrorCode, type ErrorDetails, StreamError } from "../base/index.ts";
import type { EncryptionKeys, EnvelopeKey } from "./encryption-keys.ts";
import {
  associatedBytes,
  chunkBytesMax,
  crcBytes,
  decodeWord,
  type EnvelopeKind,
  encryptions,
  envelopeKinds,
  fixedHeaderBytes,
  formatVersion,
  keyCheckBytes,
  magic,
  nonceOf,
  type PackingNumber,
  packings,
  placedVersion,
  saltBytes,
  tagBytes,
  wordBytes,
} from "./envelope-format.ts";
import { crcOf } from "./envelope-sealer.ts";
import type { Packed } from "./packing.ts";

export interface OpenerOptions {
  readonly kind: EnvelopeKind;
  readonly store: string;
  readonly name: string;
  readonly keys: EncryptionKeys | undefined;
}

interface Chunk extends Packed {
  readonly isLast: boolean;
}

/** The chunks of an envelope, as they are asked for. */
export class EnvelopeOpener {
  /** What a chunk may hold, at most. */
  readonly chunkBytes: number;
  #isPlaced = false;
  readonly #options: OpenerOptions;
  readonly #bytes: Buffer;
  readonly #header: Buffer;
  readonly #key: EnvelopeKey | undefined;
  #offset: number;

  /**
   * Reads the header. Throws `envelope_missing`, `envelope_version_unknown`, `envelope_damaged`, `envelope_unencrypted`,
   * `encryption_key_missing`, `encryption_key_wrong`.
   */
  constructor(bytes: Uint8Array, options: OpenerOptions) {
    this.#options = options;
    this.#bytes = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.#offset = 0;
    this.#checkBeginning();
    const [kind, encryption, keyIdBytes] = this.#take(4, "header").subarray(1);
    this.chunkBytes = this.#take(4, "header").readUInt32BE();
    const isEncrypted = encryption === encryptions.aes256Gcm;
    const isKnown = isEncrypted || (encryption === encryptions.none && keyIdBytes === 0);
    const isRight = kind === envelopeKinds[options.kind] && isKnown;
    if (!isRight || this.chunkBytes > chunkBytesMax) throw this.#damaged("header");
    this.#key = isEncrypted ? this.#takeKey(keyIdBytes ?? 0) : this.#refuseUnencrypted();
    this.#header = this.#bytes.subarray(0, this.#offset);
  }

  /** Whether it says that it is bound to a place. */
  get isPlaced(): boolean {
    return this.#isPlaced;
  }

  /** Each chunk in its turn, checked and still packed. Throws `envelope_damaged`. */
  *chunks(): Generator<Packed, void, undefined> {
    for (let index = 0; ; index++) {
      const chunk = this.#takeChunk(index);
      yield chunk;
      if (!chunk.isLast) continue;
      if (this.#offset < this.#bytes.length) throw this.#damaged("more bytes than there should be");
      return;
    }
  }

  /** For a chunk that passed its check and cannot be unpacked all the same. */
  unpackFailure(cause: unknown): StreamError {
    return this.#damaged("packing", cause);
  }

  #checkBeginning(): void {
    const beginning = this.#bytes.subarray(0, magic.length);
    if (
      beginning.length < magic.length &&
      magic.subarray(0, beginning.length).every((byte, at) => byte === beginning[at])
    ) {
      throw this.#damaged("header");
    }
    if (Buffer.compare(beginning, magic) !== 0) throw this.#error("envelope_missing");
    this.#offset = magic.length;
    const version = this.#bytes[this.#offset];
    if (version === undefined) throw this.#damaged("header");
    // Only payloads have places, and one that is read as an object is told as what it is.
    const isPayload = this.#bytes[this.#offset + 1] === envelopeKinds.payload;
    this.#isPlaced = version === placedVersion && isPayload;
    const isKnown = version === formatVersion || this.#isPlaced;
    if (!isKnown) throw this.#error("envelope_version_unknown", { version });
    if (this.#bytes.length < fixedHeaderBytes) throw this.#damaged("header");
  }

  #refuseUnencrypted(): undefined {
    const { keys } = this.#options;
    if (keys !== undefined && !keys.readsUnencrypted) throw this.#error("envelope_unencrypted");
    return undefined;
  }

  #takeKey(keyIdBytes: number): EnvelopeKey {
    const keyId = this.#take(keyIdBytes, "header").toString("utf8");
    const salt = this.#take(saltBytes, "header");
    const keyCheck = this.#take(keyCheckBytes, "header");
    const key = this.#options.keys?.derive(keyId, salt);
    if (key === undefined) throw this.#error("encryption_key_missing", { keyId });
    if (Buffer.compare(key.keyCheck, keyCheck) === 0) return key;
    throw this.#error("encryption_key_wrong", { keyId });
  }

  #takeChunk(index: number): Chunk {
    const word = this.#take(wordBytes, "length").readUInt32BE();
    const { isLast, packing, bodyBytes } = decodeWord(word);
    const body = this.#take(bodyBytes, "body");
    const check = this.#take(this.#key === undefined ? crcBytes : tagBytes, "check");
    const { name } = this.#options;
    const associated = associatedBytes({ header: this.#header, index, word, name });
    const bytes = this.#checked({ index, associated, body, check });
    if (!isPacking(packing) || (packing === packings.none && bytes.length > this.chunkBytes)) {
      throw this.#damaged("packing");
    }
    return { isLast, packing, bytes };
  }

  #checked(chunk: { index: number; associated: Buffer; body: Buffer; check: Buffer }): Uint8Array {
    const { index, associated, body, check } = chunk;
    if (this.#key === undefined) {
      if (Buffer.compare(crcOf(associated, body), check) !== 0) throw this.#damaged("check");
      return body;
    }
    const decipher = createDecipheriv("aes-256-gcm", this.#key.key, nonceOf(index), {
      authTagLength: tagBytes,
    });
    decipher.setAAD(associated);
    decipher.setAuthTag(check);
    const bytes = decipher.update(body);
    try {
      decipher.final();
    } catch (error) {
      throw this.#damaged("check", error);
    }
    return bytes;
  }

  #take(byteCount: number, part: string): Buffer {
    const end = this.#offset + byteCount;
    if (end > this.#bytes.length) throw this.#damaged(`${part} cut off`);
    const taken = this.#bytes.subarray(this.#offset, end);
    this.#offset = end;
    return taken;
  }

  #damaged(found: string, cause?: unknown): StreamError {
    return this.#error("envelope_damaged", { offset: this.#offset, found }, cause);
  }

  #error(code: ErrorCode, details: ErrorDetails = {}, cause?: unknown): StreamError {
    const { store, name } = this.#options;
    return new StreamError(code, { store, name, ...details }, cause === undefined ? {} : { cause });
  }
}

function isPacking(packing: number): packing is PackingNumber {
  return packing === packings.none || packing === packings.deflateRaw;
}
