/**
 * Owns: reading the keys of an encrypted directory from a file.
 * Does not own: what is done with them (src/store).
 */
import { Buffer } from "node:buffer";
import { readFile } from "node:fs/promises";
import { StreamError } from "../base/index.ts";
import type { EncryptionOptions } from "../store/index.ts";

/** The keys in a file; undefined without one. Throws `encryption_key_invalid`. */
export async function readKeys(
  file: string | undefined,
): Promise<EncryptionOptions["keys"] | undefined> {
  if (file === undefined) return undefined;
  const expected = 'an object from key id to key, as {"2026": "q83v..."}';
  try {
    const keys = JSON.parse(await readFile(file, "utf8")) as Readonly<Record<string, string>>;
    return Object.fromEntries(Object.entries(keys).map(([id, text]) => [id, bytesOf(text)]));
  } catch (error) {
    throw new StreamError("encryption_key_invalid", { file, expected }, { cause: error });
  }
}

function bytesOf(text: string): Uint8Array {
  return new Uint8Array(Buffer.from(text, /^[0-9a-f]{64}$/i.test(text) ? "hex" : "base64"));
}
