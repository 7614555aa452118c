/**
 * Owns: the acknowledged feed protocol: what its bytes mean, encoded and decoded without any I/O.
 * Does not own: sockets and pace (feed-server.ts, flight-receiver.ts), what may be asked for (feed.ts).
 *
 * Both directions are frames of UTF-8 text: a word, a tab, a value, a line feed. A position counts lines from 0 and is
 * written in decimal without leading zeros; `nc` can speak and read all of it.
 *
 *   receiver to feeder   from<TAB>POSITION   first and once: the next line that the receiver expects
 *                        ack<TAB>POSITION    everything below the position is safe with the receiver
 *   feeder to receiver   POSITION<TAB>LINE   the line at the position
 *                        end<TAB>TOTAL       there are TOTAL lines, and no further one
 *                        refused<TAB>REASON  the feeder does not serve this receiver, and closes
 *
 * I1 The first line of a connection has the position that was asked for; positions then rise by one without gaps.
 * I2 The end has a position too, TOTAL: it comes in its turn, and a receiver that has it safe acknowledges TOTAL + 1.
 * I3 Acknowledgements are cumulative; one that is lower than an earlier one says nothing new.
 * I4 Whoever reads a frame that breaks these rules closes the connection: nothing behind it can be trusted. Nothing is
 *    lost by that, as what was not acknowledged is sent again.
 */
import { isUtf8 } from "node:buffer";

/** The longest frame that is accepted, in bytes. */
export const frameBytesMax = 16_384;

/** What a feeder says; `lines` are the consecutive lines from position `from` on. */
export type FeedMessage =
  | { readonly kind: "lines"; readonly from: number; readonly lines: readonly string[] }
  | { readonly kind: "end"; readonly total: number }
  | { readonly kind: "refused"; readonly reason: string };

/** What a receiver says. */
export type ReceiverMessage =
  | { readonly kind: "from"; readonly position: number }
  | { readonly kind: "ack"; readonly position: number };

/** Bytes that are not of the protocol; `offset` counts the bytes of the connection up to the frame with the fault. */
export class ProtocolError extends Error {
  override readonly name: string = "ProtocolError";
  readonly offset: number;

  constructor(fault: string, offset: number) {
    super(`${fault} at byte ${offset} of the connection`);
    this.offset = offset;
  }
}

export function encodeFrom(position: number): string {
  return `from\t${position}\n`;
}

export function encodeAcknowledgement(position: number): string {
  return `ack\t${position}\n`;
}

/** The lines at the positions from `from` up to, but not including, `until`. */
export function encodeLines(
  from: number,
  until: number,
  lineAt: (position: number) => string,
): string {
  let text = "";
  for (let position = from; position < until; position += 1) {
    const line = lineAt(position);
    if (line.includes("\n")) throw new RangeError(`line ${position} contains a line feed`);
    text += `${position}\t${line}\n`;
  }
  return text;
}

export function encodeEnd(total: number): string {
  return `end\t${total}\n`;
}

export function encodeRefusal(reason: string): string {
  return `refused\t${reason.replaceAll("\n", " ")}\n`;
}

/** Reads what a feeder says to a receiver that asked for the position `from`. */
export class FeedDecoder {
  readonly #frames = new FrameReader(frameBytesMax);
  #next: number;

  constructor(from: number) {
    this.#next = from;
  }

  /** The messages that the chunk completes, neighbouring lines as one; throws a ProtocolError. */
  push(chunk: Uint8Array): FeedMessage[] {
    const messages: FeedMessage[] = [];
    let from = this.#next;
    let lines: string[] = [];
    const finishLines = () => {
      if (lines.length > 0) messages.push({ kind: "lines", from, lines });
      from = this.#next;
      lines = [];
    };
    this.#frames.read(chunk, (text, start, tab, end) => {
      const position = positionIn(text, start, tab);
      if (position !== undefined) {
        if (position !== this.#next) return `position ${position} where ${this.#next} is due`;
        lines.push(text.slice(tab + 1, end));
        this.#next += 1;
        return undefined;
      }
      finishLines();
      const message = this.#word(text.slice(start, tab), text.slice(tab + 1, end));
      if (typeof message === "string") return message;
      messages.push(message);
      return undefined;
    });
    finishLines();
    return messages;
  }

  #word(word: string, value: string): FeedMessage | string {
    if (word === "refused") return { kind: "refused", reason: value };
    if (word !== "end") return `a frame that is neither a line nor an end`;
    const total = positionIn(value, 0, value.length);
    if (total !== this.#next) return `an end at ${value} where ${this.#next} is due`;
    // Whatever might follow an end is out of its turn.
    this.#next = Number.NaN;
    return { kind: "end", total };
  }
}

/** Reads what a receiver says to a feeder. */
export class ReceiverDecoder {
  readonly #frames = new FrameReader(32);
  #greeted = false;

  /** The messages that the chunk completes; throws a ProtocolError. */
  push(chunk: Uint8Array): ReceiverMessage[] {
    const messages: ReceiverMessage[] = [];
    this.#frames.read(chunk, (text, start, tab, end) => {
      const kind = this.#greeted ? "ack" : "from";
      if (text.slice(start, tab) !== kind) return `a frame that is not "${kind}"`;
      const position = positionIn(text, tab + 1, end);
      if (position === undefined) return `"${kind}" without a position`;
      this.#greeted = true;
      messages.push({ kind, position });
      return undefined;
    });
    return messages;
  }
}

/** Is given the bounds of a frame's word and value in the text, and returns what is wrong with it, if anything. */
type FrameVisitor = (text: string, start: number, tab: number, end: number) => string | undefined;

const lineFeed = 10;

/** Cuts a stream of bytes into frames, however the network cut it into chunks. */
class FrameReader {
  readonly #bytesMax: number;
  #rest: Buffer = Buffer.alloc(0);
  /** Where `#rest` begins in the connection, in bytes. */
  #offset = 0;

  constructor(bytesMax: number) {
    this.#bytesMax = bytesMax;
  }

  read(chunk: Uint8Array, visit: FrameVisitor): void {
    const bytes = Buffer.concat([this.#rest, chunk]);
    const length = bytes.lastIndexOf(lineFeed) + 1;
    const frames = bytes.subarray(0, length);
    if (!isUtf8(frames)) this.#refuseBytes(frames);
    this.#visitFrames(frames.toString("utf8"), visit);
    this.#rest = bytes.subarray(length);
    this.#offset += length;
    if (this.#rest.length > this.#bytesMax) {
      throw new ProtocolError(`a frame longer than ${this.#bytesMax} bytes`, this.#offset);
    }
  }

  #visitFrames(text: string, visit: FrameVisitor): void {
    let start = 0;
    while (start < text.length) {
      const end = text.indexOf("\n", start);
      const tab = text.indexOf("\t", start);
      const fault = this.#faultOf(text, start, tab, end) ?? visit(text, start, tab, end);
      if (fault !== undefined) {
        throw new ProtocolError(fault, this.#offset + Buffer.byteLength(text.slice(0, start)));
      }
      start = end + 1;
    }
  }

  #faultOf(text: string, start: number, tab: number, end: number): string | undefined {
    if (tab === -1 || tab > end) return "a frame without a tab";
    const suspect = (end - start) * 3 > this.#bytesMax;
    if (suspect && Buffer.byteLength(text.slice(start, end)) > this.#bytesMax) {
      return `a frame longer than ${this.#bytesMax} bytes`;
    }
    return undefined;
  }

  #refuseBytes(frames: Buffer): never {
    let start = 0;
    let end = frames.indexOf(lineFeed) + 1;
    while (isUtf8(frames.subarray(start, end))) {
      start = end;
      end = frames.indexOf(lineFeed, start) + 1;
    }
    throw new ProtocolError("bytes that are not UTF-8", this.#offset + start);
  }
}

const digitsMax = 15;
const zero = 48;

/** The position that is written between the two places; 15 digits are far below what a number holds exactly. */
function positionIn(text: string, start: number, end: number): number | undefined {
  const digits = end - start;
  if (digits < 1 || digits > digitsMax) return undefined;
  if (digits > 1 && text.charCodeAt(start) === zero) return undefined;
  let position = 0;
  for (let i = start; i < end; i += 1) {
    const digit = text.charCodeAt(i) - zero;
    if (digit < 0 || digit > 9) return undefined;
    position = position * 10 + digit;
  }
  return position;
}
