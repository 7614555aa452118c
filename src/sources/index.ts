export { ConstantInputStream } from "./constant-stream.ts";
export type { Decoder, DecoderFactory, ReportMalformed } from "./decoder.ts";
export type { FileParser } from "./file-format.ts";
export {
  binaryRecordsStream,
  type DirectoryOptions,
  type FileStreamOptions,
  fileStream,
  type TextFileStreamOptions,
  textFileStream,
} from "./file-stream.ts";
export type { FilePin, InputFile } from "./input-file.ts";
export { fromIterable, IterableReceiver } from "./iterable-receiver.ts";
export { type LineOptions, lineDecoder } from "./line-decoder.ts";
export { QueueInputStream, type QueueStreamOptions } from "./queue-stream.ts";
export { RawBlockReceiver, type RawSocketOptions, rawSocketStream } from "./raw-block-receiver.ts";
export type { AnyIterable } from "./read-each.ts";
export {
  type Chunk,
  fromReadable,
  type ReadableOptions,
  ReadableReceiver,
} from "./readable-receiver.ts";
export type { Reopenable } from "./reopenable.ts";
export {
  fromResumable,
  type PositionedRecord,
  type ResumableOptions,
  ResumableReceiver,
  type ResumableSource,
} from "./resumable-receiver.ts";
export {
  type SocketOptions,
  SocketReceiver,
  socketStream,
  socketTextStream,
} from "./socket-receiver.ts";
export type { SourceOptions } from "./source-receiver.ts";
export { textFile } from "./text-file.ts";
