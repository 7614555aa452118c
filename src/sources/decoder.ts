/**
 * Owns: what a decoder is, and the storing of what one makes of a sequence of chunks.
 * Does not own: where the chunks come from, the decoders themselves.
 */
import { StreamError } from "../base/index.ts";

/** Takes one record; a promise means that the next one has to wait for it. */
export type Take<T> = (record: T) => void | Promise<void>;

/** Hears of bytes that make no record; the stream goes on behind them. */
export type ReportMalformed = (message: string, error?: unknown) => void;

/**
 * Makes records of bytes that come in chunks, which are cut anywhere. There is one for each connection. What is returned
 * is read to its end before the next call. Where it throws, the connection is given up and opened again.
 */
export interface Decoder<T> {
  /** The records that this chunk completes. The chunk belongs to the decoder, which may keep it. */
  decode(chunk: Uint8Array): Iterable<T>;
  /** The records that the end of the bytes completes. Not called when the bytes end by an error. */
  end(): Iterable<T>;
}

/** Makes the decoder of a connection. */
export type DecoderFactory<T> = (report: ReportMalformed) => Decoder<T>;

/** Stores the records of all chunks; the next chunk is asked for when the records of the one before are taken. */
export async function storeDecoded<T>(
  chunks: AsyncIterable<Uint8Array>,
  decoder: Decoder<T>,
  take: Take<T>,
): Promise<void> {
  for await (const chunk of chunks)
    await takeEach(
      decoded(() => decoder.decode(chunk)),
      take,
    );
  await takeEach(
    decoded(() => decoder.end()),
    take,
  );
}

/** What a decoder gives; what it throws must not pass for trouble with where the bytes come from. */
function decoded<T>(decode: () => Iterable<T>): Iterable<T> {
  try {
    const records = decode();
    return Array.isArray(records) ? records : pulled(records);
  } catch (error) {
    throw decoderError(error);
  }
}

function* pulled<T>(records: Iterable<T>): Generator<T, void, undefined> {
  try {
    yield* records;
  } catch (error) {
    throw decoderError(error);
  }
}

/** An error of the decoder's own choice keeps its code. */
export function decoderError(thrown: unknown): StreamError {
  if (thrown instanceof StreamError) return thrown;
  return new StreamError("decoder_failed", {}, { cause: thrown });
}

/** Takes records one after another; waits only where taking one does. */
export async function takeEach<T>(records: Iterable<T>, take: Take<T>): Promise<void> {
  for (const record of records) {
    const taken = take(record);
    if (taken !== undefined) await taken;
  }
}
