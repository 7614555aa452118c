/** Owns: what a store can be opened with. A kind of store adds its own options here. */
import type { LocalStoreOptions } from "./local-store.ts";

/** What `openStore` takes; each kind of store takes what concerns it. */
export interface StoreOptions {
  /** Of `file:` addresses and plain paths: what they have from the machine. */
  readonly local?: LocalStoreOptions;
}
