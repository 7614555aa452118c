export type { ContainerCompression, ContainerSummary } from "./avro-container-format.ts";
export {
  type AvroContainer,
  type ContainerExpectation,
  type ContainerHeader,
  readAvroContainer,
} from "./avro-container-reader.ts";
export {
  type AvroContainerOptions,
  AvroContainerWriter,
  type ChunkSink,
  writeAvroContainer,
} from "./avro-container-writer.ts";
export { declaredShape, schemaFingerprint } from "./avro-records.ts";
export {
  type AvroShape,
  arrayShape,
  booleanShape,
  bytesShape,
  enumShape,
  longShape,
  mapShape,
  nullableShape,
  optionalShape,
  plainShape,
  recordShape,
  schemaOfShape,
  stringShape,
  type Tagged,
  unionShape,
} from "./avro-shape.ts";
export { decodeBlock } from "./block-decoder.ts";
export { encodeBlock } from "./block-encoder.ts";
export { codecIdOf, defaultCodecId, schemaCodecIdPrefix, windowCodecId } from "./codec-id.ts";
export { encodeKey } from "./key-encoding.ts";
export { keyGroupCount, keyGroupOf } from "./key-group.ts";
export { hashKey } from "./key-hash.ts";
export { KeyMap } from "./key-map.ts";
export { compareKeys } from "./key-order.ts";
export { decodeValue } from "./value-decoder.ts";
export { encodeValue } from "./value-encoder.ts";
export { type AvroSchema, valueSchema } from "./value-schema.ts";
