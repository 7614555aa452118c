/** Owns: which backend keeps a partition in this process. */
import { plainForm } from "./entry-form.ts";
import type { LevelDatabase } from "./level-database.ts";
import { defaultValueCodec } from "./level-overlay.ts";
import { LevelPartition } from "./level-partition.ts";
import { MemoryPartition } from "./memory-partition.ts";
import { protectionOf } from "./protection.ts";
import { customCodec } from "./state-codec.ts";
import type { VersionedStateOptions } from "./state-options.ts";
import type { StatePartition } from "./state-partition.ts";
import { Timeouts } from "./timeouts.ts";

/** An empty partition: in that database, else in memory. */
export function openPartition<K, S>(
  index: number,
  options: VersionedStateOptions<S>,
  database: LevelDatabase | undefined,
): StatePartition<K, S> {
  const protection = protectionOf(options);
  const { timeoutMs } = options;
  if (database !== undefined) {
    const codec = customCodec(options.codec) ?? defaultValueCodec<S>();
    const changesInMemoryMax = options.level?.changesInMemoryMax;
    const how = { database, codec, protection, timeoutMs, changesInMemoryMax };
    return new LevelPartition(index, how);
  }
  if (timeoutMs === undefined) return new MemoryPartition(index, plainForm(), protection);
  return new MemoryPartition(index, new Timeouts(timeoutMs), protection);
}
