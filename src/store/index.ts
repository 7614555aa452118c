export { LocalStore, type LocalStoreOptions } from "./local-store.ts";
export { MemoryStore } from "./memory-store.ts";
export { openStore, registerScheme, type StoreOpener } from "./open-store.ts";
export type { OpenStoreOptions } from "./open-store-options.ts";
export type { S3ClientOptions, S3Credentials } from "./s3-client-options.ts";
export { openS3Store, openS3StoreOver, type S3StoreOptions } from "./s3-store.ts";
export type { AppendLog, Creation, Store, StoreContent, StoreEntry } from "./store.ts";
