/**
 * Owns: writing state snapshots beside running batches: entry by entry, never the whole in memory.
 * Does not own: the layout (state-snapshot-format.ts); which entries there are, and how much of the processor they may
 * take: the iteration waits for each slice, and for the store, so whoever makes the slices sets the pace.
 */
import { StreamError } from "../base/index.ts";
import { AvroContainerWriter, type AvroSchema, codecIdOf } from "../codec/index.ts";
import type { Store } from "../store/index.ts";
import type { StateEntry, StateSnapshotHeader, StateSnapshotRef } from "./state-snapshot.ts";
import { snapshotMetadata, stateEntryShape } from "./state-snapshot-format.ts";

/**
 * Writes a state snapshot; it is durable when this resolves, and counts once the journal names it. Values are of the
 * Avro schema, where one is declared, else any plain data; `codecId` tells what made them such, where that was a codec of
 * the program. Throws what `entries` throws, `value_unsupported`,
 * `value_schema_mismatch`, `store_taken`, and what the store throws.
 */
export async function writeStateSnapshot(
  store: Store,
  name: string,
  header: StateSnapshotHeader,
  entries: AsyncIterable<readonly StateEntry[]>,
  schema?: AvroSchema,
  codecId: string = codecIdOf(schema),
): Promise<StateSnapshotRef> {
  const writer = new AvroContainerWriter({
    shape: stateEntryShape(schema),
    metadata: snapshotMetadata(header, codecId),
  });
  const content = new SnapshotContent(writer, entries);
  const creation = await store.create(name, content).catch((thrown: unknown) => {
    throw content.failure ?? thrown;
  });
  if (creation === "taken") throw new StreamError("store_taken", { name, store: store.address });
  const { operatorUid, versionMs, baseVersionMs, stateVersion } = header;
  const { sha256, byteCount, recordCount } = writer.summary();
  return {
    operatorUid,
    versionMs,
    baseVersionMs,
    stateVersion,
    codecId,
    name,
    sha256,
    byteCount,
    entryCount: recordCount,
  };
}

/** The chunks of the file, made as the store asks for them. */
class SnapshotContent implements AsyncIterable<Uint8Array> {
  readonly #writer: AvroContainerWriter;
  readonly #entries: AsyncIterable<readonly StateEntry[]>;
  /** What made it end too early: it says more than what the store makes of it. */
  failure: unknown;

  constructor(writer: AvroContainerWriter, entries: AsyncIterable<readonly StateEntry[]>) {
    this.#writer = writer;
    this.#entries = entries;
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<Uint8Array, void, undefined> {
    const writer = this.#writer;
    yield writer.begin();
    try {
      for await (const slice of this.#entries) {
        for (const entry of slice) {
          const chunk = writer.add(entry);
          if (chunk !== undefined) yield chunk;
        }
      }
    } catch (thrown) {
      this.failure = thrown;
      throw thrown;
    }
    const rest = writer.end();
    if (rest !== undefined) yield rest;
  }
}
