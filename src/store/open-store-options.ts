/** Owns: what a store can be opened with. A kind of store adds its own options here. */
import type { LocalStoreOptions } from "./local-store.ts";
import type { S3StoreOptions } from "./s3-store.ts";
import type { TransformOptions } from "./transformed-store.ts";

/** What `openStore` takes: how things are stored, and of each kind of store what concerns it. */
export interface OpenStoreOptions extends TransformOptions {
  /** Of `file:` addresses and plain paths: what they have from the machine. */
  readonly local?: LocalStoreOptions;
  /** Of `s3:` addresses: the server, the credentials, and how patient it is with them. */
  readonly s3?: S3StoreOptions;
}
