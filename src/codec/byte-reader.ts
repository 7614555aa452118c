/**
 * Owns: the primitive encodings of Avro read from bytes, never past their end.
 * Does not own: what is read (value-decoder.ts, block-decoder.ts).
 */
import { Buffer, isUtf8 } from "node:buffer";
import { StreamError } from "../base/index.ts";
import { cachedName, cachedNameBytesMax, cacheName } from "./name-cache.ts";

const longBytesMax = 10;
const longMagnitudeMax = Number.MAX_SAFE_INTEGER;

/**
 * Reads one thing after another; throws `value_undecodable` with the offset where the bytes make no
 * sense.
 */
export class ByteReader {
  readonly #bytes: Buffer;
  #view: DataView | undefined;
  #position = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = Buffer.isBuffer(bytes)
      ? bytes
      : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  get remaining(): number {
    return this.#bytes.length - this.#position;
  }

  get position(): number {
    return this.#position;
  }

  byte(): number {
    const byte = this.#bytes[this.#position];
    if (byte === undefined) throw this.fault("the bytes end too early");
    this.#position += 1;
    return byte;
  }

  varint(): number {
    const first = this.byte();
    return first < 0x80 ? first : (first & 0x7f) + this.#varintAbove(128);
  }

  varints(count: number): number[] {
    const values: number[] = [];
    for (let index = 0; index < count; index += 1) values.push(this.varint());
    return values;
  }

  /** The rest of a varint whose first byte was read; `unit` is the worth of its lowest bit. */
  #varintAbove(unit: number): number {
    let value = 0;
    let worth = unit;
    for (let index = 1; index < longBytesMax; index += 1) {
      const byte = this.byte();
      value += (byte & 0x7f) * worth;
      worth *= 128;
      if (value > longMagnitudeMax) throw this.fault("a number is beyond 2^53 - 1");
      if (byte < 0x80) return value;
    }
    throw this.fault("a number has more than ten bytes");
  }

  long(): number {
    const first = this.byte();
    if (first < 0x80) return (first >> 1) ^ -(first & 1);
    const magnitude = ((first & 0x7f) >> 1) + this.#varintAbove(64);
    if ((first & 1) === 0) return magnitude;
    if (magnitude === longMagnitudeMax) throw this.fault("a number is beyond 2^53 - 1");
    return -magnitude - 1;
  }

  /** Passes over a `long` of any 64 bits. */
  skipLong(): void {
    for (let index = 1; this.byte() >= 0x80; index += 1) {
      if (index === longBytesMax) throw this.fault("a long has more than ten bytes");
    }
  }

  longs(count: number): number[] {
    const values: number[] = [];
    for (let index = 0; index < count; index += 1) values.push(this.long());
    return values;
  }

  /**
   * How many things follow, each of at least one byte: more than there are bytes left is a fault.
   */
  count(count: number): number {
    if (count < 0 || count > this.remaining) {
      throw this.fault("a length or count goes beyond the end of the bytes");
    }
    return count;
  }

  double(): number {
    this.#require(8);
    this.#view ??= new DataView(this.#bytes.buffer, this.#bytes.byteOffset, this.#bytes.byteLength);
    const value = this.#view.getFloat64(this.#position, true);
    this.#position += 8;
    return value;
  }

  doubles(count: number): number[] {
    const values: number[] = [];
    for (let index = 0; index < count; index += 1) values.push(this.double());
    return values;
  }

  string(): string {
    const byteCount = this.count(this.long());
    const start = this.#position;
    const text = this.#bytes.toString("utf8", start, start + byteCount);
    if (text.includes("\ufffd") && !isUtf8(this.#bytes.subarray(start, start + byteCount))) {
      throw this.fault("a string is not valid UTF-8");
    }
    this.#position = start + byteCount;
    return text;
  }

  /** As `string`, for the names of properties, which come again and again. */
  name(): string {
    const start = this.#position;
    const byteCount = this.count(this.long());
    if (byteCount > cachedNameBytesMax) {
      this.#position = start;
      return this.string();
    }
    const cached = cachedName(this.#bytes, this.#position, byteCount);
    if (cached !== undefined) {
      this.#position += byteCount;
      return cached;
    }
    this.#position = start;
    const name = this.string();
    cacheName(this.#bytes, this.#position - byteCount, byteCount, name);
    return name;
  }

  latin1(length: number): string {
    return this.#text("latin1", length);
  }

  utf16(length: number): string {
    return this.#text("utf16le", length * 2);
  }

  /** The bytes themselves, not a copy. */
  bytes(): Buffer {
    const byteCount = this.count(this.long());
    this.#position += byteCount;
    return this.#bytes.subarray(this.#position - byteCount, this.#position);
  }

  /** The bytes from `position` up to here, not a copy. */
  since(position: number): Buffer {
    return this.#bytes.subarray(position, this.#position);
  }

  skip(byteCount: number): void {
    this.#require(byteCount);
    this.#position += byteCount;
  }

  /** Throws unless all bytes were read. */
  end(): void {
    if (this.remaining > 0) throw this.fault("bytes are left over");
  }

  fault(reason: string, cause?: unknown): StreamError {
    const options = cause === undefined ? {} : { cause };
    return new StreamError("value_undecodable", { offset: this.#position, reason }, options);
  }

  #text(encoding: "latin1" | "utf16le", byteCount: number): string {
    this.#require(byteCount);
    const start = this.#position;
    this.#position += byteCount;
    return this.#bytes.toString(encoding, start, this.#position);
  }

  #require(byteCount: number): void {
    if (byteCount > this.remaining) throw this.fault("the bytes end too early");
  }
}
