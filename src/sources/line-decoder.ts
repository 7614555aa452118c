/**
 * Owns: cutting bytes into lines of UTF-8 text, and what becomes of lines that are none.
 * Does not own: where the bytes come from.
 *
 * Invariants: I1 a line ends at \n or \r\n, or at the end of the bytes; cuts between chunks do not matter. I2 a line that
 * is too long or not valid UTF-8 is dropped and reported, and every other line is kept, in order. I3 of a line that has
 * not ended yet at most `lineBytesMax` + 1 bytes are held.
 */
import { Buffer, isAscii, isUtf8 } from "node:buffer";
import { type ErrorCode, StreamError } from "../base/index.ts";
import { positiveCount } from "./arguments.ts";
import type { Decoder, DecoderFactory, ReportMalformed } from "./decoder.ts";

export interface LineOptions {
  /** The longest line that is taken, in bytes without its end (default 1 MiB). */
  readonly lineBytesMax?: number | undefined;
}

/** Makes decoders of UTF-8 lines. Throws `argument_invalid`. */
export function lineDecoder(options: LineOptions = {}): DecoderFactory<string> {
  const lineBytesMax = positiveCount("lineBytesMax", options.lineBytesMax ?? 2 ** 20);
  return (report) => new LineDecoder(lineBytesMax, report);
}

const newline = 0x0a;
const carriageReturn = 0x0d;
/**
 * Lines are cut from text that is decoded in windows, as one call per line costs twice as much. V8 lets a line of 13
 * characters or more share the memory of its window, so that a key or a state which holds on to a word of a line holds on
 * to the window: this bounds how much that is.
 */
const windowBytes = 2048;
const carryBytesKept = 65_536;
const reportedBytes = 40;

interface Malformed {
  lines: number;
  /** How the first of them begins. */
  readonly begin: string;
}

class LineDecoder implements Decoder<string> {
  readonly #lineBytesMax: number;
  readonly #report: ReportMalformed;
  /** Holds the begin of the line that has not ended yet, in its first `#carryLength` bytes. */
  #carry: Buffer = Buffer.alloc(0);
  #carryLength = 0;
  /** Whether the line that has not ended yet is too long already. */
  #skipping = false;
  readonly #malformed = new Map<ErrorCode, Malformed>();

  constructor(lineBytesMax: number, report: ReportMalformed) {
    this.#lineBytesMax = lineBytesMax;
    this.#report = report;
  }

  decode(chunk: Uint8Array): readonly string[] {
    const bytes = Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength);
    const lines: string[] = [];
    const from = this.#endCarried(bytes, lines);
    const until = Math.max(from, bytes.lastIndexOf(newline) + 1);
    if (until > from) this.#decodeLines(bytes.subarray(from, until), lines);
    this.#keep(bytes.subarray(until));
    this.#tellMalformed();
    return lines;
  }

  end(): readonly string[] {
    const lines: string[] = [];
    if (this.#carryLength > 0) this.#takeCarried(lines);
    this.#tellMalformed();
    return lines;
  }

  /** Ends the line that an earlier chunk began, if this one holds its end; tells where the next line begins. */
  #endCarried(bytes: Buffer, lines: string[]): number {
    if (this.#carryLength === 0 && !this.#skipping) return 0;
    const end = bytes.indexOf(newline);
    if (end === -1) return 0;
    this.#keep(bytes.subarray(0, end));
    if (!this.#skipping) this.#takeCarried(lines);
    this.#skipping = false;
    return end + 1;
  }

  /** Adds to the line that has not ended yet. */
  #keep(bytes: Buffer): void {
    if (bytes.length === 0 || this.#skipping) return;
    const length = this.#carryLength + bytes.length;
    // One byte more than a line may have: it may be the \r of its end.
    if (length > this.#lineBytesMax + 1) {
      this.#note("line_too_long", this.#carryLength > 0 ? this.#carried : bytes);
      this.#skipping = true;
      this.#clearCarry();
      return;
    }
    if (length > this.#carry.length) {
      const grown = Buffer.allocUnsafeSlow(Math.max(length, 2 * this.#carry.length, 256));
      grown.set(this.#carried);
      this.#carry = grown;
    }
    this.#carry.set(bytes, this.#carryLength);
    this.#carryLength = length;
  }

  #takeCarried(lines: string[]): void {
    this.#decodeLine(this.#carried, lines);
    this.#clearCarry();
  }

  get #carried(): Buffer {
    return this.#carry.subarray(0, this.#carryLength);
  }

  #clearCarry(): void {
    this.#carryLength = 0;
    if (this.#carry.length > carryBytesKept) this.#carry = Buffer.alloc(0);
  }

  /** Decodes lines that are all there, the last one's end included. */
  #decodeLines(bytes: Buffer, lines: string[]): void {
    const isPlain = isAscii(bytes);
    const isValid = isPlain || isUtf8(bytes);
    const hasReturns = bytes.includes(carriageReturn);
    for (let from = 0; from < bytes.length; ) {
      const until = endOfWindow(bytes, from);
      const window = bytes.subarray(from, until - 1);
      from = until;
      if (window.length > this.#lineBytesMax || !(isValid || isUtf8(window))) {
        this.#decodeOneByOne(window, lines);
        continue;
      }
      const texts = window.toString(isPlain ? "latin1" : "utf8").split("\n");
      for (const text of texts) {
        lines.push(hasReturns && text.endsWith("\r") ? text.slice(0, -1) : text);
      }
    }
  }

  #decodeOneByOne(bytes: Buffer, lines: string[]): void {
    for (let from = 0; from <= bytes.length; ) {
      const end = bytes.indexOf(newline, from);
      const until = end === -1 ? bytes.length : end;
      this.#decodeLine(bytes.subarray(from, until), lines);
      from = until + 1;
    }
  }

  #decodeLine(bytes: Buffer, lines: string[]): void {
    const line = bytes.at(-1) === carriageReturn ? bytes.subarray(0, -1) : bytes;
    if (line.length > this.#lineBytesMax) this.#note("line_too_long", line);
    else if (!isUtf8(line)) this.#note("utf8_invalid", line);
    else lines.push(line.toString("utf8"));
  }

  #note(code: "line_too_long" | "utf8_invalid", line: Buffer): void {
    const noted = this.#malformed.get(code);
    if (noted === undefined) {
      this.#malformed.set(code, { lines: 1, begin: line.toString("utf8", 0, reportedBytes) });
    } else noted.lines += 1;
  }

  /** One report for all malformed lines of a chunk: bytes that are no text at all must not flood the listeners. */
  #tellMalformed(): void {
    if (this.#malformed.size === 0) return;
    for (const [code, { begin, lines }] of this.#malformed) {
      const limit = code === "line_too_long" ? { lineBytesMax: this.#lineBytesMax } : {};
      const error = new StreamError(code, { lines, ...limit, begin });
      this.#report(error.message, error);
    }
    this.#malformed.clear();
  }
}

/** The end of the lines that fit into the window that begins there; of one line, if it is longer. */
function endOfWindow(bytes: Buffer, from: number): number {
  if (bytes.length - from <= windowBytes) return bytes.length;
  const until = bytes.lastIndexOf(newline, from + windowBytes - 1) + 1;
  return until > from ? until : bytes.indexOf(newline, from) + 1;
}
