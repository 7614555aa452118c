/**
 * Owns: the receiver of records that a decoder makes of a Readable, a ReadableStream or any iterable of bytes or text.
 * Does not own: when the source is opened (source-receiver.ts), the decoders.
 */
import { Buffer } from "node:buffer";
import { StreamError } from "../base/index.ts";
import { type Decoder, type DecoderFactory, takeEach } from "./decoder.ts";
import { type LineOptions, lineDecoder } from "./line-decoder.ts";
import { type AnyIterable, paced, type ReadingOptions, readEach } from "./read-each.ts";
import type { Reopenable } from "./reopenable.ts";
import { type SourceOptions, SourceReceiver } from "./source-receiver.ts";

/** A part of a byte stream, or of a text. */
export type Chunk = Uint8Array | ArrayBuffer | string;

/** Stores what a decoder makes of chunks, record by record; the source waits while records cannot be taken. */
export class ReadableReceiver<T> extends SourceReceiver<Chunk, T> {
  readonly #decoder: DecoderFactory<T>;

  /** Throws `argument_invalid`, `storage_level_unknown`. */
  constructor(
    source: Reopenable<AnyIterable<Chunk>>,
    decoder: DecoderFactory<T>,
    options: SourceOptions = {},
  ) {
    super(source, options);
    this.#decoder = decoder;
  }

  protected override async read(
    source: AnyIterable<Chunk>,
    options: ReadingOptions,
  ): Promise<void> {
    const decoder = this.#decoder((message, error) => this.reportError(message, error));
    const bytes = new ChunkBytes();
    const take = paced((record: T) => this.store(record), options);
    await readEach(source, (chunk) => decodeEach(decoder, bytes.of(chunk), take), options);
    if (options.signal.aborted) return;
    await decodeEach(decoder, bytes.end(), take);
    await takeEach(decoder.end(), take);
  }
}

function decodeEach<T>(
  decoder: Decoder<T>,
  bytes: Uint8Array,
  take: (record: T) => void | Promise<void>,
): Promise<void> | undefined {
  return bytes.length === 0 ? undefined : takeEach(decoder.decode(bytes), take);
}

const lastHighSurrogate = /[\uD800-\uDBFF]$/;

/** The bytes of chunks. Text becomes UTF-8, also where a chunk ends amid a character. */
class ChunkBytes {
  #begun = "";

  /** Throws `chunk_unsupported`. */
  of(chunk: unknown): Uint8Array {
    if (chunk instanceof Uint8Array) return chunk;
    if (chunk instanceof ArrayBuffer) return new Uint8Array(chunk);
    if (typeof chunk !== "string") throw new StreamError("chunk_unsupported", { chunk });
    const text = this.#begun + chunk;
    this.#begun = lastHighSurrogate.exec(text)?.[0] ?? "";
    return Buffer.from(text.slice(0, text.length - this.#begun.length));
  }

  end(): Uint8Array {
    return Buffer.from(this.#begun);
  }
}

export interface ReadableOptions extends SourceOptions, LineOptions {}

/**
 * A receiver of the records that a decoder makes of bytes or text, which come as a Readable, a ReadableStream or any
 * iterable of chunks; without a decoder, of the lines. It begins, ends and fails as `fromIterable` does. Throws
 * `argument_invalid`, `storage_level_unknown`.
 */
export function fromReadable(
  source: Reopenable<AnyIterable<Chunk>>,
  options?: ReadableOptions,
): ReadableReceiver<string>;
export function fromReadable<T>(
  source: Reopenable<AnyIterable<Chunk>>,
  options: SourceOptions & { readonly decoder: DecoderFactory<T> },
): ReadableReceiver<T>;
export function fromReadable(
  source: Reopenable<AnyIterable<Chunk>>,
  options: ReadableOptions & { readonly decoder?: DecoderFactory<unknown> } = {},
): ReadableReceiver<unknown> {
  return new ReadableReceiver(source, options.decoder ?? lineDecoder(options), options);
}
