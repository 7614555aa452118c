/** Owns: the file format of saved objects. */
import { AvroContainerWriter } from "../codec/index.ts";
import type { FileWriter } from "../core/index.ts";

/** Avro object container files of the default codec; refuses records with `value_unsupported`. */
export const objectWriter: FileWriter<unknown> = { extension: ".avro", write: containerChunks };

function* containerChunks(records: readonly unknown[]): Generator<Uint8Array, void, undefined> {
  const writer = new AvroContainerWriter();
  yield writer.begin();
  for (const record of records) {
    const block = writer.add(record);
    if (block !== undefined) yield block;
  }
  const rest = writer.end();
  if (rest !== undefined) yield rest;
}
