/** Owns: where the partitions of a persisted dataset, and received blocks, are kept, and the names of those places. */
import { StreamError } from "../base/index.ts";

/** Where a block is kept. In memory it is deserialized (an array of records) or serialized (a Buffer off the V8 heap). */
export interface StorageLevel {
  readonly name: StorageLevelName;
  readonly useMemory: boolean;
  readonly useDisk: boolean;
  readonly deserialized: boolean;
  /** Copies on different executors; `local` has one process and keeps one. */
  readonly replication: number;
}

const level = (name: string, flags: string, replication = 1): StorageLevel => ({
  name: name as StorageLevelName,
  useMemory: flags.includes("m"),
  useDisk: flags.includes("d"),
  deserialized: flags.includes("o"),
  replication,
});

/** The storage levels of the guide, by name. OFF_HEAP is MEMORY_ONLY_SER here: serialized blocks are off the V8 heap anyway. */
export const StorageLevels: Readonly<Record<StorageLevelName, StorageLevel>> = {
  NONE: level("NONE", ""),
  DISK_ONLY: level("DISK_ONLY", "d"),
  DISK_ONLY_2: level("DISK_ONLY_2", "d", 2),
  DISK_ONLY_3: level("DISK_ONLY_3", "d", 3),
  MEMORY_ONLY: level("MEMORY_ONLY", "mo"),
  MEMORY_ONLY_2: level("MEMORY_ONLY_2", "mo", 2),
  MEMORY_ONLY_SER: level("MEMORY_ONLY_SER", "m"),
  MEMORY_ONLY_SER_2: level("MEMORY_ONLY_SER_2", "m", 2),
  MEMORY_AND_DISK: level("MEMORY_AND_DISK", "mdo"),
  MEMORY_AND_DISK_2: level("MEMORY_AND_DISK_2", "mdo", 2),
  MEMORY_AND_DISK_SER: level("MEMORY_AND_DISK_SER", "md"),
  MEMORY_AND_DISK_SER_2: level("MEMORY_AND_DISK_SER_2", "md", 2),
  OFF_HEAP: level("OFF_HEAP", "m"),
};

/** The name of a storage level. */
export type StorageLevelName =
  | "NONE"
  | "DISK_ONLY"
  | "DISK_ONLY_2"
  | "DISK_ONLY_3"
  | "MEMORY_ONLY"
  | "MEMORY_ONLY_2"
  | "MEMORY_ONLY_SER"
  | "MEMORY_ONLY_SER_2"
  | "MEMORY_AND_DISK"
  | "MEMORY_AND_DISK_2"
  | "MEMORY_AND_DISK_SER"
  | "MEMORY_AND_DISK_SER_2"
  | "OFF_HEAP";

/** The level of that name; throws `storage_level_unknown`. */
export function storageLevel(name: StorageLevelName | StorageLevel): StorageLevel {
  if (typeof name !== "string") return name;
  if (!Object.hasOwn(StorageLevels, name)) {
    throw new StreamError("storage_level_unknown", {
      name,
      known: Object.keys(StorageLevels).join(" "),
    });
  }
  return StorageLevels[name];
}
