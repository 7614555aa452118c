/**
 * Owns: a growing buffer and the primitive encodings of Avro written to it.
 * Does not own: what is written (value-encoder.ts, block-encoder.ts).
 */
import { Buffer } from "node:buffer";
import { StreamError } from "../base/index.ts";

const initialBytes = 1024;
const bytesMax = 2 ** 30;
const spareBytesMax = 2 ** 22;
const shortTextMax = 40;

/** A lone surrogate: UTF-8 has no bytes for it. */
const illFormed = /\p{Surrogate}/u;

let spare: ByteWriter | undefined;

/** Bytes written one after another; grows to 1 GiB, then throws `value_too_large`. */
export class ByteWriter {
  #bytes: Buffer = Buffer.allocUnsafeSlow(initialBytes);
  #view: DataView = viewOf(this.#bytes);
  #position = 0;

  /**
   * What `write` writes, as bytes of their own. The buffer is kept for the next call, unless it
   * grew large; a call inside `write` (a getter may make one) gets another.
   */
  static collect(write: (writer: ByteWriter) => void): Uint8Array {
    const writer = spare ?? new ByteWriter();
    spare = undefined;
    writer.#position = 0;
    write(writer);
    const bytes = writer.toBytes();
    if (writer.#bytes.length <= spareBytesMax) spare = writer;
    return bytes;
  }

  get position(): number {
    return this.#position;
  }

  /** Forgets what was written after `position`. */
  rewind(position: number): void {
    this.#position = position;
  }

  byte(value: number): void {
    this.#reserve(1);
    this.#bytes[this.#position] = value;
    this.#position += 1;
  }

  /** A whole number from 0 to 2^53 - 1, seven bits to a byte, low bits first. */
  varint(value: number): void {
    this.#reserve(8);
    this.#varint(value);
  }

  /** Avro's `long`: zigzag, then as varint. */
  long(value: number): void {
    this.#reserve(9);
    if (value >= -0x40000000 && value < 0x40000000) {
      this.#varint((value << 1) ^ (value >> 31));
      return;
    }
    const sign = value < 0 ? 1 : 0;
    const magnitude = sign === 1 ? -value - 1 : value;
    this.#bytes[this.#position] = 0x80 | ((magnitude % 64) << 1) | sign;
    this.#position += 1;
    this.#varint(Math.floor(magnitude / 64));
  }

  /** Avro's `double`: eight bytes, little-endian; every NaN as the same one. */
  double(value: number): void {
    this.#reserve(8);
    if (value !== value) this.#view.setUint32(this.#position, 0, true);
    if (value !== value) this.#view.setUint32(this.#position + 4, 0x7ff80000, true);
    else this.#view.setFloat64(this.#position, value, true);
    this.#position += 8;
  }

  /** Avro's `string`; writes nothing and says false where the text holds a lone surrogate. */
  string(text: string): boolean {
    return (text.length <= shortTextMax && this.#shortAscii(text)) || this.#stringByLibrary(text);
  }

  /** Text that holds only U+0000 to U+00FF, a byte to each. */
  latin1(text: string): void {
    this.#reserve(text.length);
    this.#position += this.#bytes.write(text, this.#position, text.length, "latin1");
  }

  /** Text of any kind, two bytes to a code unit, little-endian. */
  utf16(text: string): void {
    this.#reserve(text.length * 2);
    this.#position += this.#bytes.write(text, this.#position, text.length * 2, "utf16le");
  }

  /** Avro's `bytes`. */
  bytes(bytes: Uint8Array): void {
    this.long(bytes.length);
    this.raw(bytes);
  }

  /** The bytes as they are, without a length. */
  raw(bytes: Uint8Array): void {
    this.#reserve(bytes.length);
    this.#bytes.set(bytes, this.#position);
    this.#position += bytes.length;
  }

  /** A copy of all that was written. */
  toBytes(): Uint8Array {
    return Uint8Array.prototype.slice.call(this.#bytes, 0, this.#position);
  }

  #shortAscii(text: string): boolean {
    const length = text.length;
    this.#reserve(length + 1);
    const bytes = this.#bytes;
    let position = this.#position;
    bytes[position] = length << 1;
    for (let index = 0; index < length; index += 1) {
      const unit = text.charCodeAt(index);
      if (unit > 0x7f) return false;
      position += 1;
      bytes[position] = unit;
    }
    this.#position = position + 1;
    return true;
  }

  #stringByLibrary(text: string): boolean {
    const byteCount = Buffer.byteLength(text, "utf8");
    const encoding = byteCount === text.length ? "latin1" : "utf8";
    if (encoding === "utf8" && illFormed.test(text)) return false;
    this.long(byteCount);
    this.#reserve(byteCount);
    this.#position += this.#bytes.write(text, this.#position, byteCount, encoding);
    return true;
  }

  /** Room for it must have been reserved. */
  #varint(value: number): void {
    const bytes = this.#bytes;
    let position = this.#position;
    let rest = value;
    while (rest > 0x7fffffff) {
      bytes[position] = 0x80 | (rest % 128);
      position += 1;
      rest = Math.floor(rest / 128);
    }
    while (rest > 0x7f) {
      bytes[position] = 0x80 | (rest & 0x7f);
      position += 1;
      rest >>>= 7;
    }
    bytes[position] = rest;
    this.#position = position + 1;
  }

  #reserve(byteCount: number): void {
    if (this.#position + byteCount > this.#bytes.length) this.#grow(this.#position + byteCount);
  }

  #grow(bytesNeeded: number): void {
    if (bytesNeeded > bytesMax) throw new StreamError("value_too_large", { bytesMax });
    const grown = Buffer.allocUnsafeSlow(
      Math.min(Math.max(bytesNeeded, this.#bytes.length * 2), bytesMax),
    );
    this.#bytes.copy(grown, 0, 0, this.#position);
    this.#bytes = grown;
    this.#view = viewOf(grown);
  }
}

function viewOf(bytes: Buffer): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
