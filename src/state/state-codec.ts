/**
 * Owns: what a program may say about how the values of a state are written, and values through a
 * codec of its own.
 * Does not own: Avro (src/codec); files (src/checkpoint).
 */
import { StreamError } from "../base/index.ts";
import { type AvroSchema, codecIdOf } from "../codec/index.ts";
import type { StateEntry } from "./state-partition.ts";

/** A way of one's own to write values. */
export interface CustomStateCodec<S> {
  /** Names the form of the bytes in durable things; give another one where `decode` cannot read the old ones. */
  readonly id: string;
  encode(value: S): Uint8Array;
  decode(bytes: Uint8Array): S;
}

/** How values are written: of an Avro schema, or in a way of one's own. */
export type StateCodec<S> = AvroSchema | CustomStateCodec<S>;

/** The codec where it is one of one's own. */
export function customCodec<S>(codec: StateCodec<S> | undefined): CustomStateCodec<S> | undefined {
  return typeof codec === "object" && "encode" in codec
    ? (codec as CustomStateCodec<S>)
    : undefined;
}

/** The schema where one was declared. */
export function schemaOf<S>(codec: StateCodec<S> | undefined): AvroSchema | undefined {
  return customCodec(codec) === undefined ? (codec as AvroSchema | undefined) : undefined;
}

/** The id of a codec in durable things. Throws `schema_invalid`. */
export function stateCodecId<S>(codec: StateCodec<S> | undefined): string {
  const custom = customCodec(codec);
  return custom === undefined ? codecIdOf(schemaOf(codec)) : `custom:${custom.id}`;
}

/** An entry with its value as the bytes of the codec. Throws `state_codec_failed`. */
export function encodedEntry<K, S>(
  entry: StateEntry<K, S>,
  codec: CustomStateCodec<S>,
): StateEntry<K> {
  const { key, value } = entry;
  if (value === undefined) return entry;
  return { ...entry, value: guarded(key, "encode", () => codec.encode(value)) };
}

/** An entry with the value of such bytes. Throws `state_codec_failed`. */
export function decodedEntry<K, S>(
  entry: StateEntry<K>,
  codec: CustomStateCodec<S>,
): StateEntry<K, S> {
  const { group, key, value, usedAtMs } = entry;
  if (value === undefined) return { group, key, value, usedAtMs };
  const decoded = guarded(key, "decode", () => codec.decode(value as Uint8Array));
  return { group, key, value: decoded, usedAtMs };
}

function guarded<T>(key: unknown, step: "encode" | "decode", call: () => T): T {
  try {
    return call();
  } catch (cause) {
    throw new StreamError("state_codec_failed", { key, step }, { cause });
  }
}
