/**
 * Owns: a store that compresses and encrypts what another one keeps, each object in an envelope.
 * Does not own: the envelope (envelope-*.ts), the payloads of logs (log-transform.ts).
 *
 * Names, listings, deletions and logs go through as they are, and `readRange` and `byteCount` show what is stored. Whoever
 * keeps a log in such a store transforms its payloads by `logTransform`.
 */
import { randomBytes } from "node:crypto";
import { objectArgument, optionalChoice, textArgument } from "../base/index.ts";
import { EncryptionKeys, type EncryptionOptions } from "./encryption-keys.ts";
import { chunkBytesDefault } from "./envelope-format.ts";
import { EnvelopeOpener } from "./envelope-opener.ts";
import { EnvelopeSealer } from "./envelope-sealer.ts";
import { type Compression, pack, unpack } from "./packing.ts";
import type { AppendLog, Creation, Store, StoreContent, StoreEntry } from "./store.ts";
import { ContentFailure, chunksOf } from "./store-content.ts";

/** What is done to what is stored; reading takes what the envelope says was done, and the keys that it names. */
export interface TransformOptions {
  /** `deflate`: the one that every Node and every language has. */
  readonly compress?: Compression;
  readonly encrypt?: EncryptionOptions;
  /** Draws salts; by default from the machine. Two that are the same give away what they are to hide. */
  readonly drawBytes?: (byteCount: number) => Uint8Array;
}

/** The parts of a transform, as objects and logs need them. */
export interface Transform {
  readonly compress: Compression | undefined;
  readonly keys: EncryptionKeys | undefined;
  readonly drawBytes: (byteCount: number) => Uint8Array;
}

/** Throws `argument_invalid` for options that are none; what is wrong with the keys themselves is told when they are taken. */
export function checkTransform({ compress, encrypt }: TransformOptions): void {
  optionalChoice("compress", compress, ["deflate"]);
  if (encrypt === undefined) return;
  const { keyId, keys, readUnencrypted } = objectArgument("encrypt", encrypt);
  textArgument("encrypt.keyId", keyId);
  objectArgument("encrypt.keys", keys);
  optionalChoice("encrypt.readUnencrypted", readUnencrypted, [true, false]);
}

/** Wraps a store so that what it keeps is compressed, encrypted, or both. Throws `encryption_key_invalid`. */
export function transformedStore(inner: Store, options: TransformOptions): Store {
  const { compress, encrypt, drawBytes = randomBytes } = options;
  const keys = encrypt === undefined ? undefined : new EncryptionKeys(encrypt);
  return new TransformedStore(inner, { compress, keys, drawBytes });
}

export class TransformedStore implements Store {
  readonly inner: Store;
  readonly transform: Transform;
  readonly openLog: ((name: string) => Promise<AppendLog>) | undefined;

  constructor(inner: Store, transform: Transform) {
    this.inner = inner;
    this.transform = transform;
    this.openLog = inner.openLog;
  }

  get address(): string {
    return this.inner.address;
  }

  async create(name: string, content: StoreContent): Promise<Creation> {
    // Held at once if it is given at once, as a store may have a shorter way for that.
    if (content instanceof Uint8Array) {
      const chunks: Uint8Array[] = [];
      for await (const chunk of sealedChunks(this.transform, name, content)) chunks.push(chunk);
      return this.inner.create(name, Buffer.concat(chunks));
    }
    try {
      return await this.inner.create(name, sealedChunks(this.transform, name, content));
    } catch (error) {
      throw error instanceof ContentFailure ? error.cause : error;
    }
  }

  async read(name: string): Promise<Uint8Array> {
    const { keys } = this.transform;
    const stored = await this.inner.read(name);
    const opener = new EnvelopeOpener(stored, { kind: "object", store: this.address, name, keys });
    const pieces: Uint8Array[] = [];
    for (const chunk of opener.chunks()) {
      try {
        pieces.push(await unpack(chunk, opener.chunkBytes));
      } catch (error) {
        throw opener.unpackFailure(error);
      }
    }
    return Buffer.concat(pieces);
  }

  readRange(name: string, offset: number, byteCount: number): Promise<Uint8Array> {
    return this.inner.readRange(name, offset, byteCount);
  }

  has(name: string): Promise<boolean> {
    return this.inner.has(name);
  }

  list(prefix: string, options?: { readonly after?: string }): AsyncIterable<StoreEntry> {
    return this.inner.list(prefix, options);
  }

  delete(name: string): Promise<void> {
    return this.inner.delete(name);
  }

  close(): Promise<void> {
    return this.inner.close();
  }
}

/** Header and chunks; what is under way is one chunk. */
async function* sealedChunks(
  { compress, keys, drawBytes }: Transform,
  name: string,
  content: StoreContent,
): AsyncGenerator<Uint8Array, void, undefined> {
  const chunkBytes = chunkBytesDefault;
  const sealer = new EnvelopeSealer({ kind: "object", name, chunkBytes, keys, drawBytes });
  yield sealer.header;
  // One behind, as only the next one, or its absence, tells whether a piece is the last.
  let piece = new Uint8Array(0);
  for await (const next of piecesOf(content, chunkBytes)) {
    if (piece.length > 0) yield sealer.seal(await pack(piece, compress), "middle");
    piece = next;
  }
  yield sealer.seal(await pack(piece, compress), "last");
}

/** The content in pieces of the same length, but the last; in memory of their own. */
async function* piecesOf(
  content: StoreContent,
  pieceBytes: number,
): AsyncGenerator<Uint8Array<ArrayBuffer>, void, undefined> {
  let piece = new Uint8Array(pieceBytes);
  let filled = 0;
  for await (const chunk of chunksOf(content)) {
    for (let at = 0; at < chunk.length; ) {
      const taken = chunk.subarray(at, at + pieceBytes - filled);
      piece.set(taken, filled);
      filled += taken.length;
      at += taken.length;
      if (filled < pieceBytes) continue;
      yield piece;
      piece = new Uint8Array(pieceBytes);
      filled = 0;
    }
  }
  if (filled > 0) yield piece.subarray(0, filled);
}
