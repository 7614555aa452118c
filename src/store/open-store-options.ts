/** Owns: what a store can be opened with. A kind of store adds its own options here. */
import type { LocalStoreOptions } from "./local-store.ts";
import type { S3StoreOptions } from "./s3-store.ts";

/** What `openStore` takes; each kind of store takes what concerns it. */
export interface OpenStoreOptions {
  /** Of `file:` addresses and plain paths: what they have from the machine. */
  readonly local?: LocalStoreOptions;
  /** Of `s3:` addresses: the server, the credentials, and how patient it is with them. */
  readonly s3?: S3StoreOptions;
}
