/** Owns: the keys of a store with encryption: which are given, and what is derived from them for one envelope. */
import { hkdfSync } from "node:crypto";
import { StreamError } from "../base/index.ts";
import { keyCheckBytes } from "./envelope-format.ts";

/** AES-256-GCM: of `keys` the one that `keyId` names encrypts; the others decrypt what they once encrypted. */
export interface EncryptionOptions {
  readonly keyId: string;
  /** Key id to key, of 32 bytes. An id is never given to another key. */
  readonly keys: Readonly<Record<string, Uint8Array>>;
  /** Also reads what was stored before encryption was turned on; whoever can write to the medium can then forge objects. */
  readonly readUnencrypted?: boolean;
}

const keyBytes = 32;
const keyIdBytesMax = 100;
const purpose = "millrace envelope 1";

export interface EnvelopeKey {
  readonly key: Uint8Array;
  /** Tells a wrong key from changed bytes. */
  readonly keyCheck: Uint8Array;
}

export class EncryptionKeys {
  readonly keyId: string;
  readonly readsUnencrypted: boolean;
  readonly #keys: ReadonlyMap<string, Uint8Array>;

  /** Throws `encryption_key_invalid`. */
  constructor({ keyId, keys, readUnencrypted = false }: EncryptionOptions) {
    this.keyId = keyId;
    this.readsUnencrypted = readUnencrypted;
    this.#keys = new Map(Object.entries(keys).map(([id, key]) => [id, checked(id, key)]));
    if (!this.#keys.has(keyId)) {
      throw new StreamError("encryption_key_invalid", { keyId, given: [...this.#keys.keys()] });
    }
  }

  /** The key of one envelope; undefined where there is none of that id. */
  derive(keyId: string, salt: Uint8Array): EnvelopeKey | undefined {
    const key = this.#keys.get(keyId);
    if (key === undefined) return undefined;
    const derived = new Uint8Array(
      hkdfSync("sha256", key, salt, purpose, keyBytes + keyCheckBytes),
    );
    return { key: derived.subarray(0, keyBytes), keyCheck: derived.subarray(keyBytes) };
  }
}

function checked(id: string, key: unknown): Uint8Array {
  const idBytes = Buffer.byteLength(id);
  if (idBytes === 0 || idBytes > keyIdBytesMax) {
    throw new StreamError("encryption_key_invalid", { keyId: id, keyIdBytesMax });
  }
  if (!(key instanceof Uint8Array) || key.length !== keyBytes) {
    const byteCount = key instanceof Uint8Array ? key.length : undefined;
    throw new StreamError("encryption_key_invalid", { keyId: id, byteCount });
  }
  return key.slice();
}
