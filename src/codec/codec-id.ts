/**
 * Owns: how the codec of values is named in durable things (docs/format/state-snapshot.md).
 * Does not own: codecs.
 */
import { schemaFingerprint } from "./avro-records.ts";
import type { AvroSchema } from "./value-schema.ts";

/** The id of the default codec. */
export const defaultCodecId = "value";

/**
 * The id of the values of an incremental window: those of the default codec, with the batches that have yet to leave it. A
 * release that does not know of these batches refuses the id.
 */
export const windowCodecId = "window";

/** What the id of a declared schema begins with, in front of its fingerprint. */
export const schemaCodecIdPrefix = "avro:";

/**
 * The id of the codec of values: `value` is the default one; of a declared schema its fingerprint
 * is a part. Throws `schema_invalid`.
 */
export function codecIdOf(schema: AvroSchema | undefined): string {
  if (schema === undefined) return defaultCodecId;
  return `${schemaCodecIdPrefix}${schemaFingerprint(schema)}`;
}
