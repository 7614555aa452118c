/**
 * Owns: what an address of a store means, and the table of the kinds of stores, which anyone can add to.
 * Does not own: any kind of store.
 */
import { resolve } from "node:path";
import { localPath, objectArgument, StreamError, textArgument } from "../base/index.ts";
import { LocalStore } from "./local-store.ts";
import { MemoryStore } from "./memory-store.ts";
import type { OpenStoreOptions } from "./open-store-options.ts";
import { openS3Store } from "./s3-store.ts";
import type { Store } from "./store.ts";
import { checkTransform, transformedStore } from "./transformed-store.ts";

/** Opens the store of an address of its scheme, the whole of which it is given: `ftp://host/path`. */
export type StoreOpener = (address: string, options: OpenStoreOptions) => Promise<Store>;

/** Two characters at least: with one it would be a drive. */
const addressPattern = /^(?<scheme>[a-z][a-z0-9+.-]+):(?<rest>.*)$/is;
const schemePattern = /^[a-z][a-z0-9+.-]+$/;

const openers = new Map<string, StoreOpener>([
  ["file", openLocal],
  ["memory", openMemory],
  ["s3", openS3],
]);

/**
 * Opens the store of an address: a path, `file:/a/path`, `memory:name`, `s3://bucket/prefix`, or one of a registered
 * scheme; where the options say so it compresses and encrypts. Nothing stays that was made before the first object is.
 * Throws `address_invalid`, `store_scheme_unknown`, `encryption_key_invalid`, and what the opener of the scheme throws.
 */
export async function openStore(address: string, options: OpenStoreOptions = {}): Promise<Store> {
  // An empty one is no address of any kind, which is told with what an address is.
  if (address !== "") textArgument("address", address);
  checkTransform(objectArgument("options", options));
  const store = await openPlain(address, options);
  if (options.compress === undefined && options.encrypt === undefined) return store;
  return transformedStore(store, options);
}

async function openPlain(address: string, options: OpenStoreOptions): Promise<Store> {
  const scheme = addressPattern.exec(address)?.groups?.["scheme"]?.toLowerCase();
  if (scheme === undefined) return openLocal(address, options);
  const open = openers.get(scheme);
  if (open === undefined) throw new StreamError("store_scheme_unknown", { address, scheme });
  return open(address, options);
}

/**
 * Adds a kind of store for the addresses that begin with `scheme:`, in this process. The scheme is in lower case. Throws
 * `argument_invalid` for one that could not stand in an address, `store_scheme_taken` for one that is there.
 */
export function registerScheme(scheme: string, open: StoreOpener): void {
  if (!schemePattern.test(scheme)) {
    throw new StreamError("argument_invalid", { scheme, expected: "two or more of a-z 0-9 + . -" });
  }
  if (openers.has(scheme)) throw new StreamError("store_scheme_taken", { scheme });
  openers.set(scheme, open);
}

async function openLocal(address: string, { local = {} }: OpenStoreOptions): Promise<Store> {
  return new LocalStore(resolve(pathOf(address)), local);
}

function pathOf(address: string): string {
  let path: string;
  try {
    path = localPath(address);
  } catch (error) {
    throw new StreamError("address_invalid", { address }, { cause: error });
  }
  if (path === "" || path.includes("\0")) throw new StreamError("address_invalid", { address });
  return path;
}

async function openMemory(address: string): Promise<Store> {
  const name = addressPattern.exec(address)?.groups?.["rest"] ?? "";
  if (name === "") throw new StreamError("address_invalid", { address, expected: "memory:name" });
  return new MemoryStore(name);
}

async function openS3(address: string, { s3 = {} }: OpenStoreOptions): Promise<Store> {
  return openS3Store(address, s3);
}
