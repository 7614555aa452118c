/**
 * Owns: reading one file of a log: its frames in their order, and all that is wrong with it.
 * Does not own: the layout (log-format.ts), other copies (log-reader.ts), whether damage is that of a crash
 * (tail-policy.ts). It never throws for what a file holds.
 *
 * I1. A frame that is given is one that was written at this place, or its checksums collide by chance.
 * I2. Frames come in ascending sequence; whatever is missing between them is told before the next one.
 * I3. Every byte is looked at, behind damage as well: the next true frame is found by its marker. The time is linear in the
 *     bytes, the memory that of a piece and the longest frame that is there.
 */
import type { Buffer } from "node:buffer";
import type { Store } from "../store/index.ts";
import type { DamageKind, LogDamage, SequenceRange } from "./damage.ts";
import {
  checksumOf,
  decodeFooter,
  decodeFrameHeader,
  type FrameHeader,
  footerBytes,
  frameHeaderBytes,
  type SegmentFooter,
  type SegmentHeader,
} from "./log-format.ts";
import { findNextPart } from "./next-part.ts";
import type { SegmentEnd, SegmentEvent, SegmentExpectation } from "./segment-events.ts";
import { SegmentHash } from "./segment-hash.ts";
import { readSegmentHeader } from "./segment-header-reader.ts";
import { SegmentWindow } from "./segment-window.ts";

export interface ReadSegmentOptions {
  readonly expected?: SegmentExpectation | undefined;
  /** The length at which others sealed it: bytes behind it are never read, and it has to reach it. */
  readonly sealedLength?: number | undefined;
}

/** Reads a file; the generator returns what was learned at the end. Rejects as the store does. */
export async function* readSegment(
  store: Pick<Store, "readRange">,
  file: string,
  options: ReadSegmentOptions = {},
): AsyncGenerator<SegmentEvent, SegmentEnd, undefined> {
  const scan = new SegmentScan(store, file, options);
  yield* scan.run();
  return scan.end();
}

class SegmentScan {
  readonly #file: string;
  readonly #sealedLength: number | undefined;
  readonly #expected: SegmentExpectation;
  readonly #window: SegmentWindow;
  readonly #hash = new SegmentHash();
  #offset = 0;
  #header: SegmentHeader | undefined;
  #footer: SegmentFooter | undefined;
  #nextSequence: number | undefined;
  #durableBelow: number | undefined;
  #whole: { readonly length: number; readonly until: number | undefined } | undefined;

  constructor(store: Pick<Store, "readRange">, file: string, options: ReadSegmentOptions) {
    this.#file = file;
    this.#sealedLength = options.sealedLength;
    this.#expected = options.expected ?? {};
    this.#nextSequence = this.#expected.firstSequence;
    this.#window = new SegmentWindow(store, file, options.sealedLength);
  }

  async *run(): AsyncGenerator<SegmentEvent, void, undefined> {
    if (this.#sealedLength === 0) return;
    if (!(yield* this.#readHeader())) return;
    while (this.#footer === undefined) {
      const head = await this.#window.bytes(this.#offset, footerBytes);
      if (head.length === 0) break;
      const footer = head.length === footerBytes ? decodeFooter(head, this.#offset) : undefined;
      if (footer !== undefined) {
        yield* this.#readFooter(footer);
        continue;
      }
      const isLong = head.length >= frameHeaderBytes;
      const header = isLong ? decodeFrameHeader(head, this.#offset) : undefined;
      if (header === undefined)
        yield await this.#passDamage("bytes_damaged", "no frame begins here");
      else yield* this.#readFrame(header, head.subarray(0, frameHeaderBytes));
    }
    if (this.#sealedLength !== undefined && this.#offset < this.#sealedLength) {
      yield this.#damage("segment_cut", this.#sealedLength - this.#offset, this.#restLost(), {
        why: `it was sealed at ${this.#sealedLength} bytes`,
      });
    }
  }

  end(): SegmentEnd {
    return {
      kind: "end",
      file: this.#file,
      header: this.#header,
      footer: this.#footer,
      isBounded: this.#sealedLength !== undefined,
      wholeLength: this.#whole?.length ?? this.#offset,
      wholeUntil: this.#whole === undefined ? this.#nextSequence : this.#whole.until,
      durableBelow: this.#durableBelow,
    };
  }

  /** Whether what follows may be read. */
  async *#readHeader(): AsyncGenerator<SegmentEvent, boolean, undefined> {
    const found = await readSegmentHeader(this.#window, this.#expected);
    if (found.kind === "header") {
      this.#header = found.header;
      this.#hash.add(found.bytes);
      this.#offset = found.bytes.length;
      this.#nextSequence = found.header.firstSequence;
      return true;
    }
    if (found.kind === "header_mismatch" || found.kind === "format_newer") {
      yield this.#damage(found.kind, undefined, this.#restLost(), found);
      return false;
    }
    // What looks like a cut may be a wrong length; frames that are there are found without the header.
    yield await this.#passDamage(found.kind, found.why);
    return true;
  }

  async *#readFrame(
    header: FrameHeader,
    headerBytes: Buffer,
  ): AsyncGenerator<SegmentEvent, void, undefined> {
    const { payloadByteCount, payloadChecksum: checksum, sequence, unsyncedBefore } = header;
    const offset = this.#offset;
    const payloadOffset = offset + frameHeaderBytes;
    const stored = await this.#window.bytes(payloadOffset, payloadByteCount);
    this.#hash.add(headerBytes);
    this.#proveDurable(sequence - unsyncedBefore);
    const misplaced = this.#misplaced(header);
    if (misplaced !== undefined) yield misplaced.event;
    const isCut = stored.length < payloadByteCount;
    const length = frameHeaderBytes + stored.length;
    const isRight = !isCut && checksumOf(stored) === checksum;
    if (!isRight) {
      const lost = { from: sequence, until: isCut ? undefined : sequence + 1 };
      const why = isCut
        ? `the payload has ${stored.length} of ${payloadByteCount} bytes`
        : "the checksum of the payload is not that of its header";
      yield this.#damage(isCut ? "frame_cut" : "frame_damaged", length, lost, { why });
    }
    this.#offset += length;
    if (misplaced?.isIgnored === true) return;
    this.#nextSequence = sequence + 1;
    if (!isRight) return;
    const address = { segment: this.#file, offset, length, checksum };
    yield { kind: "frame", sequence, epoch: header.epoch, unsyncedBefore, stored, address };
  }

  /** A frame of another epoch or of a sequence number that was there is left out; one that comes too early is taken. */
  #misplaced(header: FrameHeader): { event: SegmentEvent; isIgnored: boolean } | undefined {
    const epoch = this.#header?.epoch ?? this.#expected.epoch;
    const next = this.#nextSequence;
    const isOther = epoch !== undefined && header.epoch !== epoch;
    const isIgnored = isOther || (next !== undefined && header.sequence < next);
    if (!isIgnored && (next === undefined || header.sequence === next)) return undefined;
    const lost =
      isIgnored || next === undefined ? undefined : { from: next, until: header.sequence };
    const byteCount = isIgnored ? frameHeaderBytes + header.payloadByteCount : 0;
    const why = isOther
      ? `the frame is of epoch ${header.epoch}, the segment of ${epoch}`
      : `frame ${header.sequence} comes where ${next} should`;
    return { event: this.#damage("frame_misplaced", byteCount, lost, { why }), isIgnored };
  }

  async *#readFooter(footer: SegmentFooter): AsyncGenerator<SegmentEvent, void, undefined> {
    const next = this.#nextSequence ?? footer.nextSequence;
    this.#proveDurable(footer.nextSequence);
    const fault = this.#footerFault(footer, next);
    if (fault !== undefined) {
      const lost = { from: next, until: Math.max(next, footer.nextSequence) };
      yield this.#damage("footer_mismatch", footerBytes, lost, { why: fault });
    }
    this.#footer = footer;
    this.#nextSequence = Math.max(next, footer.nextSequence);
    this.#offset += footerBytes;
    const behind = await this.#window.bytes(this.#offset, 1);
    if (behind.length === 0) return;
    yield this.#damage("bytes_behind_footer", undefined, undefined, {
      why: "a sealed segment ends with its footer",
    });
  }

  #footerFault(footer: SegmentFooter, next: number): string | undefined {
    if (footer.nextSequence !== next) {
      return `the footer ends before frame ${footer.nextSequence}, the frames before ${next}`;
    }
    const first = this.#header?.firstSequence ?? this.#expected.firstSequence;
    if (first !== undefined && footer.frameCount !== next - first) {
      return `the footer counts ${footer.frameCount} frames, there are ${next - first}`;
    }
    return this.#hash.contradicts(footer.hash) ? "the hash of the frames is another" : undefined;
  }

  /** From here to the next part that can be read, or to the end. */
  async #passDamage(kind: DamageKind, why: string): Promise<SegmentEvent> {
    const { epoch } = this.#header ?? this.#expected;
    const next = await findNextPart(this.#window, {
      from: this.#offset,
      epoch,
      nextSequence: this.#nextSequence,
    });
    this.#hash.lose();
    const lostFrom = this.#nextSequence ?? next.durableBelow;
    const lost = lostFrom === undefined ? undefined : { from: lostFrom, until: next.sequence };
    const event = this.#damage(kind, next.offset - this.#offset, lost, { why });
    this.#offset = next.offset;
    this.#nextSequence = next.sequence ?? this.#nextSequence;
    return event;
  }

  #restLost(): SequenceRange | undefined {
    return this.#nextSequence === undefined
      ? undefined
      : { from: this.#nextSequence, until: undefined };
  }

  #proveDurable(below: number): void {
    this.#durableBelow = Math.max(this.#durableBelow ?? 0, below);
  }

  #damage(
    kind: DamageKind,
    byteCount: number | undefined,
    lost: SequenceRange | undefined,
    { why }: { why: string },
  ): SegmentEvent & { readonly kind: "damage" } {
    this.#whole ??= { length: this.#offset, until: this.#nextSequence };
    const damage: LogDamage = {
      kind,
      file: this.#file,
      offset: this.#offset,
      byteCount,
      why,
      lost,
    };
    return { kind: "damage", damage };
  }
}
