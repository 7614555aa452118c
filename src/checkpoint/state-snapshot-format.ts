/**
 * Owns: the layout of a state snapshot file, version 1, as docs/format/state-snapshot.md has it: the form of an entry,
 * what the header of the container says, and the ids of codecs.
 * Does not own: the container (src/codec), files (state-snapshot-writer.ts, state-snapshot-reader.ts).
 */
import { StreamError } from "../base/index.ts";
import {
  type AvroSchema,
  type AvroShape,
  type ContainerHeader,
  codecIdOf,
  declaredShape,
  defaultCodecId,
  longShape,
  optionalShape,
  plainShape,
  recordShape,
  schemaCodecIdPrefix,
  windowCodecId,
} from "../codec/index.ts";
import { formatMetadataName, metadataOf } from "./file-format.ts";
import {
  type StateEntry,
  type StateSnapshotHeader,
  stateSnapshotFormatVersion,
} from "./state-snapshot.ts";

/** What the metadata of the container say under `millrace.format`, before the slash and the version. */
export const stateSnapshotFormatName = "state-snapshot";

/** The name under which the metadata of the container tell whose state it is, as JSON. */
const snapshotMetadataName = "millrace.snapshot";

/** Whether a snapshot of that codec can be read by what stands in the file alone. */
export function isCodecReadable(codecId: string): boolean {
  const areOurs: readonly string[] = [defaultCodecId, windowCodecId];
  return areOurs.includes(codecId) || codecId.startsWith(schemaCodecIdPrefix);
}

/**
 * Entries whose values are of a declared schema, or any plain data. `writerSchema` is what a file that is read was
 * written by. The records have no namespace, so that the types of a declared schema keep theirs.
 */
export function stateEntryShape(
  schema: AvroSchema | undefined,
  writerSchema: AvroSchema | undefined = schema,
): AvroShape<StateEntry> {
  return recordShape<StateEntry>("MillraceStateEntry", {
    group: longShape,
    key: plainShape,
    value: optionalShape(valueShape(schema, writerSchema)),
    usedAtMs: optionalShape(longShape),
  });
}

function valueShape(
  schema: AvroSchema | undefined,
  writerSchema: AvroSchema | undefined,
): AvroShape<unknown> {
  if (writerSchema === undefined) return plainShape;
  const declared = declaredShape(schema ?? writerSchema, writerSchema);
  // A union may not stand in a union; in a record it may, and a record of one field takes no bytes of its own.
  const record = recordShape<{ value: unknown }>("MillraceStateValue", { value: declared });
  return { ...declared, schema: (named) => record.schema(named) };
}

/**
 * The shape by which a file is read, by what its header says; `schema` is what the reader wants the values to be of.
 * Throws `schema_invalid` where what was written cannot be read by it, `container_damaged`.
 */
export function entryShapeOf(
  header: ContainerHeader,
  codecId: string,
  schema: AvroSchema | undefined,
): AvroShape<StateEntry> {
  if (codecId.startsWith(schemaCodecIdPrefix)) {
    return stateEntryShape(schema, declaredSchemaIn(header, codecId));
  }
  // What a codec of the program made is plain data as well: bytes.
  return stateEntryShape(undefined);
}

/** The schema that values were declared by, out of that of the container. Throws `container_damaged`. */
export function declaredSchemaIn({ schema }: ContainerHeader, codecId: string): AvroSchema {
  const value = partOf(partOf(partOf(schema, "fields"), 2), "type");
  const declared = partOf(partOf(partOf(partOf(value, 1), "fields"), 0), "type") as AvroSchema;
  let cause: unknown;
  try {
    if (codecIdOf(declared) === codecId) return declared;
  } catch (thrown) {
    cause = thrown;
  }
  const details = { offset: 4, reason: "the schema is not the one that was declared" };
  throw new StreamError("container_damaged", details, { cause });
}

function partOf(whole: unknown, name: string | number): unknown {
  if (typeof whole !== "object" || whole === null) return undefined;
  return Object.getOwnPropertyDescriptor(whole, name)?.value;
}

/** The metadata of the container. */
export function snapshotMetadata(
  header: StateSnapshotHeader,
  codecId: string,
): Record<string, string> {
  const { operatorUid, versionMs, baseVersionMs, stateVersion } = header;
  return {
    [formatMetadataName]: `${stateSnapshotFormatName}/${stateSnapshotFormatVersion}`,
    [snapshotMetadataName]: JSON.stringify({
      operatorUid,
      versionMs,
      baseVersionMs,
      stateVersion,
      codecId,
    }),
  };
}

/** Whether the metadata of a container are those of that snapshot. */
export function isSnapshotOf(
  header: ContainerHeader,
  expected: StateSnapshotHeader & { readonly codecId: string },
): boolean {
  const expectedText = snapshotMetadata(expected, expected.codecId)[snapshotMetadataName];
  return metadataOf(header, snapshotMetadataName) === expectedText;
}
