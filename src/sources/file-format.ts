/**
 * Owns: making records of the bytes of a file: by a parser of the program's, by lines, or by length.
 * Does not own: the file (input-file.ts), lines (line-decoder.ts).
 */
import { Buffer } from "node:buffer";
import { functionArgument, StreamError } from "../base/index.ts";
import { type Flow, type Push, pushArray, pushAsyncIterable, pushIterable } from "../core/index.ts";
import { positiveCount } from "./arguments.ts";
import type { Decoder, ReportMalformed } from "./decoder.ts";
import type { InputFile } from "./input-file.ts";
import { type LineOptions, lineDecoder } from "./line-decoder.ts";

/** Where the records of a file go. */
export interface FileReading<T> {
  readonly flow: Flow;
  readonly push: Push<T>;
  /** Hears of bytes that make no record; where it throws, the reading fails. */
  readonly report: ReportMalformed;
}

/** Reads all records of a file. */
export type FileFormat<T> = (file: InputFile, reading: FileReading<T>) => Promise<void>;

/** Makes the records of a file; `file` gives its bytes as a stream, at once, or as text. */
export type FileParser<T> = (
  file: InputFile,
) => Iterable<T> | AsyncIterable<T> | Promise<Iterable<T> | AsyncIterable<T>>;

/** The format that a parser knows. What it throws becomes `user_function_failed` with the name of the file. */
export function parsedBy<T>(parser: FileParser<T>): FileFormat<T> {
  functionArgument("parser", parser);
  return async (file, { flow, push }) => {
    try {
      const records: unknown = await parser(file);
      assertRecords<T>(records, file.path);
      if (Symbol.asyncIterator in records) await pushAsyncIterable(records, flow, push);
      else await pushIterable(records, flow, push);
    } catch (error) {
      if (error instanceof StreamError) throw error;
      throw new StreamError("user_function_failed", { file: file.path }, { cause: error });
    }
  };
}

/** A text can be iterated, but its characters are hardly what was meant. */
function assertRecords<T>(
  records: unknown,
  file: string,
): asserts records is Iterable<T> | AsyncIterable<T> {
  const isIterable =
    typeof records === "object" &&
    records !== null &&
    (Symbol.iterator in records || Symbol.asyncIterator in records);
  if (!isIterable) throw new StreamError("records_expected", { file, returned: typeof records });
}

/** Lines of a file may be longer than those of a connection: the file has an end. */
export const lineBytesMaxOfFiles: number = 2 ** 24;

/** A record for each line of UTF-8 text. Throws `argument_invalid`. */
export function textLines(options: LineOptions): FileFormat<string> {
  const decoderOf = lineDecoder({ lineBytesMax: options.lineBytesMax ?? lineBytesMaxOfFiles });
  return (file, reading) =>
    pushText(withoutMark(file.stream()), decoderOf(reading.report), reading);
}

const byteOrderMark = Buffer.from([0xef, 0xbb, 0xbf]);

/** The bytes of a file without the byte order mark that some programs begin a text with. */
export async function* withoutMark(
  chunks: AsyncIterable<Uint8Array>,
): AsyncGenerator<Uint8Array, void, undefined> {
  let isFirst = true;
  for await (const chunk of chunks) {
    yield isFirst && byteOrderMark.equals(chunk.subarray(0, 3)) ? chunk.subarray(3) : chunk;
    isFirst = false;
  }
}

/** Pushes what a decoder makes of these bytes. */
export async function pushText(
  chunks: AsyncIterable<Uint8Array>,
  decoder: Decoder<string>,
  { flow, push }: Pick<FileReading<string>, "flow" | "push">,
): Promise<void> {
  for await (const chunk of chunks) {
    if (flow.stopped) return;
    await pushIterable(decoder.decode(chunk), flow, push);
  }
  await pushIterable(decoder.end(), flow, push);
}

const chunkBytesMin = 262_144;

/** A record for every `recordLength` bytes, of which a file must have a whole number. Throws `argument_invalid`. */
export function fixedLength(recordLength: number): FileFormat<Uint8Array> {
  const recordBytes = positiveCount("recordLength", recordLength);
  const chunkBytes = recordBytes * Math.ceil(chunkBytesMin / recordBytes);
  return async (file, { flow, push }) => {
    const { byteCount } = file;
    if (byteCount % recordBytes !== 0) {
      throw new StreamError("record_length_wrong", { file: file.path, byteCount, recordLength });
    }
    for await (const chunk of file.chunks({ chunkBytes })) {
      if (flow.stopped) return;
      await pushArray(copiesOf(chunk, recordBytes), flow, push);
    }
  };
}

/** Copies, because a record that is kept would else keep the chunk. */
function copiesOf(chunk: Buffer, recordBytes: number): Uint8Array[] {
  return Array.from({ length: chunk.length / recordBytes }, (_, index) =>
    Uint8Array.from(chunk.subarray(index * recordBytes, (index + 1) * recordBytes)),
  );
}
