export type { AppendLog, Creation, Store, StoreContent, StoreEntry } from "./store.ts";
