/**
 * Owns: reading state snapshots, block by block, and telling a bad one from a good one.
 * Does not own: the layout (state-snapshot-format.ts), what is done with the entries (src/state).
 *
 * I1. A file that differs in a single bit from what was written ends in an error; entries that came before it are not
 *     vouched for, and whoever took them has to throw them away.
 * I2. However bad the bytes are, reading ends, in time and memory bounded by their number.
 */
import { createHash } from "node:crypto";
import { StreamError } from "../base/index.ts";
import { type AvroSchema, readAvroContainer, schemaCodecIdPrefix } from "../codec/index.ts";
import type { Store } from "../store/index.ts";
import { assertFormat, namingFile } from "./file-format.ts";
import {
  type StateEntry,
  type StateSnapshotRef,
  stateSnapshotFormatVersion,
} from "./state-snapshot.ts";
import {
  declaredSchemaIn,
  entryShapeOf,
  isSnapshotOf,
  stateSnapshotFormatName,
} from "./state-snapshot-format.ts";

/**
 * The entries of a snapshot, block by block. Only an iteration that ends without an error has verified them. Values that
 * were written by a declared schema are read by it, or where another `schema` is given, by the rules of Avro's schema
 * resolution. Throws `snapshot_damaged`, `format_newer`, `schema_invalid`, and what the store throws.
 */
export async function* readStateSnapshot(
  store: Store,
  ref: StateSnapshotRef,
  schema?: AvroSchema,
): AsyncGenerator<readonly StateEntry[], void, undefined> {
  const { name, sha256, byteCount, entryCount } = ref;
  const expected = { sha256, byteCount, recordCount: entryCount };
  try {
    const { blocks } = await readAvroContainer(chunksOf(store, ref), expected, (header) => {
      assertFormat(header, stateSnapshotFormatName, {
        version: stateSnapshotFormatVersion,
        file: name,
        refuse: (reason) => damaged(name, reason),
      });
      if (!isSnapshotOf(header, ref)) throw damaged(name, "it is another snapshot");
      return entryShapeOf(header, ref.codecId, schema);
    });
    for await (const block of blocks) yield block as StateEntry[];
  } catch (thrown) {
    const isNewer = thrown instanceof StreamError && thrown.code === "format_newer";
    // A flipped bit may look like a newer version.
    if (isNewer) await assertUnchanged(store, ref);
    throw namingFile(thrown, "snapshot_damaged", name);
  }
}

const rangeBytes = 2 ** 20;
const magic = [0x4f, 0x62, 0x6a, 0x01];

/**
 * The bytes of a snapshot in pieces. What a store keeps compressed or encrypted does not begin like a container, and is
 * only given out as a whole.
 */
async function* chunksOf(store: Store, ref: StateSnapshotRef): AsyncGenerator<Uint8Array> {
  const { name, byteCount } = ref;
  const first = byteCount > rangeBytes ? await store.readRange(name, 0, rangeBytes) : undefined;
  if (first === undefined || magic.some((byte, index) => first[index] !== byte)) {
    yield await store.read(name);
    return;
  }
  yield first;
  // One byte more than there should be, as one too many is damage, too.
  for (let offset = first.length; offset <= byteCount; ) {
    const length = Math.min(rangeBytes, byteCount + 1 - offset);
    const range = await store.readRange(name, offset, length);
    if (range.length === 0) return;
    yield range;
    offset += range.length;
  }
}

async function assertUnchanged(store: Store, ref: StateSnapshotRef): Promise<void> {
  const hash = createHash("sha256");
  for await (const chunk of chunksOf(store, ref)) hash.update(chunk);
  if (hash.digest("hex") !== ref.sha256) throw damaged(ref.name, "its sha256 is another one");
}

function damaged(file: string, reason: string): StreamError {
  return new StreamError("snapshot_damaged", { file, reason });
}

/**
 * The schema that the values of a snapshot were declared by; undefined where they are of the default codec, or of one of
 * the program. Nothing else of the file is verified. Throws as `readStateSnapshot`.
 */
export async function readStateSchema(
  store: Store,
  ref: StateSnapshotRef,
): Promise<AvroSchema | undefined> {
  if (!ref.codecId.startsWith(schemaCodecIdPrefix)) return undefined;
  try {
    const container = await readAvroContainer(chunksOf(store, ref), {});
    await container.blocks[Symbol.asyncIterator]().return?.();
    return declaredSchemaIn(container, ref.codecId);
  } catch (thrown) {
    throw namingFile(thrown, "snapshot_damaged", ref.name);
  }
}
