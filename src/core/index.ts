export { decodeRecords, encodeRecords, ownedCopy } from "./block-bytes.ts";
export type { BlockStore, PutOptions, StoredBlock } from "./block-store.ts";
export * from "./dstream/index.ts";
export * from "./output/index.ts";
export * from "./rdd/index.ts";
export {
  type StorageLevel,
  type StorageLevelName,
  StorageLevels,
  storageLevel,
} from "./storage-level.ts";
export {
  type Duration,
  duration,
  floorToGrid,
  isMultipleOf,
  milliseconds,
  minutes,
  nextOnGrid,
  seconds,
} from "./time.ts";
