export { LocalStore, type LocalStoreOptions } from "./local-store.ts";
export { MemoryStore } from "./memory-store.ts";
export { openStore, registerScheme, type StoreOpener } from "./open-store.ts";
export type { AppendLog, Creation, Store, StoreContent, StoreEntry } from "./store.ts";
export type { StoreOptions } from "./store-options.ts";
