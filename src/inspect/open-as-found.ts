/**
 * Owns: opening a store as its directory was written: whether what is in it is compressed or encrypted is seen by itself.
 * Does not own: what that means (src/store).
 */
import { StreamError } from "../base/index.ts";
import { parseDurableName } from "../checkpoint/index.ts";
import {
  type EncryptionOptions,
  type OpenStoreOptions,
  openStore,
  type Store,
  transformedStore,
} from "../store/index.ts";
import { ReadOnlyStore } from "./read-only-store.ts";

/** How a directory is opened. */
export interface InspectOptions {
  readonly store?: OpenStoreOptions;
  /** The keys of what is encrypted; that something is compressed or encrypted is seen by itself. */
  readonly keys?: EncryptionOptions["keys"];
}

/** To look only: such a store refuses to write, and an S3 one is not probed, as that writes. */
export async function openToLook(address: string, options: InspectOptions = {}): Promise<Store> {
  const plain = plainOptions(options);
  const store = await openStore(address, { ...plain, s3: { ...plain.s3, readOnly: true } });
  return asFound(new ReadOnlyStore(store), options);
}

/** To change it: what is written is compressed and encrypted as what is there. */
export async function openToChange(address: string, options: InspectOptions = {}): Promise<Store> {
  return asFound(await openStore(address, plainOptions(options)), options);
}

function plainOptions({ store = {} }: InspectOptions): OpenStoreOptions {
  const { compress: _, encrypt: __, ...plain } = store;
  return plain;
}

const magic = [0x89, 0x4d, 0x52, 0x45];
const keyLengthOffset = 7;
const keyOffset = 12;
const keyBytesMax = 100;

async function asFound(plain: Store, { keys = {} }: InspectOptions): Promise<Store> {
  try {
    const first = await firstOwnName(plain);
    const head = await plain.readRange(first, 0, keyOffset + keyBytesMax);
    if (magic.some((byte, index) => head[index] !== byte)) return plain;
    const keyLength = head[keyLengthOffset] ?? 0;
    if (keyLength === 0) return transformedStore(plain, { compress: "deflate" });
    const keyId = new TextDecoder().decode(head.subarray(keyOffset, keyOffset + keyLength));
    if (!Object.hasOwn(keys, keyId)) {
      const given = Object.keys(keys);
      throw new StreamError("encryption_key_missing", { store: plain.address, keyId, given });
    }
    const encrypt = { keyId, keys, readUnencrypted: true };
    const store = transformedStore(plain, { compress: "deflate", encrypt });
    // A wrong key is told as one here; a log would tell it as damage.
    await store.read(first);
    return store;
  } catch (error) {
    await plain.close();
    throw error;
  }
}

/** Epoch records first: they are never deleted, and small. */
const ownPrefixes = ["epoch/", "checkpoints/", "journal/", "journal-mirror/", "state/", "blocks/"];

/** Rejects with `directory_empty`, `directory_foreign`. */
async function firstOwnName(store: Store): Promise<string> {
  for (const prefix of ownPrefixes) {
    for await (const { name } of store.list(prefix)) {
      if (parseDurableName(name).kind !== "unknown") return name;
    }
  }
  for await (const { name } of store.list("")) {
    if (parseDurableName(name).kind !== "unknown" || name === "lockfile") continue;
    throw new StreamError("directory_foreign", {
      directory: store.address,
      found: name,
      didYouMean: directoryWithin(store.address, name),
    });
  }
  throw new StreamError("directory_empty", { directory: store.address });
}

/** The directory that was meant where the one above it was named. */
function directoryWithin(address: string, name: string): string | undefined {
  const parts = name.split("/");
  for (let length = 1; length < parts.length; length += 1) {
    const { kind } = parseDurableName(parts.slice(length).join("/"));
    if (kind !== "unknown") return [address, ...parts.slice(0, length)].join("/");
  }
  return undefined;
}
