/**
 * Owns: the segment at the end of a log: beginning, growing and sealing it, and the log's position.
 * Does not own: the bytes (segment-encoder.ts), the medium (segment-medium.ts), who waits for what (log-writer.ts).
 *
 * I1. A segment is sealed, durably, before the next one is begun, and begun with its first frame: no segment but the last is
 *     without a footer, and a sealed one is not empty.
 * I2. The methods are called one after the other, and none after one has rejected, but `abandon`.
 */
import type { Clock } from "../base/index.ts";
import { invariant, StreamError } from "../base/index.ts";
import type { Store } from "../store/index.ts";
import { type FrameGroup, FramePacker } from "./frame-group.ts";
import { frameHeaderBytes, type LogKind, openingBytesMax } from "./log-format.ts";
import { SegmentEncoder } from "./segment-encoder.ts";
import type { FrameAddress } from "./segment-events.ts";
import { createSegmentObject, type OpenSegment, openAppended } from "./segment-medium.ts";

export interface LogTailOptions {
  readonly store: Pick<Store, "openLog" | "create">;
  readonly clock: Clock;
  readonly kind: LogKind;
  readonly epoch: number;
  /** Where the segments stand: `<directory>/<segmentName(n)>`. */
  readonly directory: string;
  /** Where the second copy stands; only a medium that appends gets one. */
  readonly mirrorDirectory?: string | undefined;
  readonly segmentName: (segment: number) => string;
  readonly firstSegment: number;
  readonly firstSequence: number;
  /** A segment that has a frame is sealed before it would get longer than this (default 64 MiB). */
  readonly segmentBytesMax?: number | undefined;
  /** A segment that was begun longer ago takes no further frame (default: no limit). */
  readonly segmentAgeMaxMs?: number | undefined;
  /** What each segment opens with, asked for when it is begun; at most 64 KiB. */
  readonly opening?: (() => Uint8Array) | undefined;
}

/** Where a log ends. */
export interface LogPosition {
  readonly segment: number;
  /** The name of the segment in the store; it need not be there yet. */
  readonly file: string;
  /** The length of what is durable of it. */
  readonly offset: number;
  /** The sequence number of the next frame. */
  readonly sequence: number;
}

interface BegunSegment {
  readonly name: string;
  readonly encoder: SegmentEncoder;
  readonly begunMs: number;
}

const segmentBytesMaxDefault = 2 ** 26;
const noOpening = new Uint8Array(0);

/** The end of one log. */
export class LogTail {
  readonly #options: LogTailOptions;
  readonly #packer = new FramePacker();
  readonly #bytesMax: number;
  readonly #ageMaxMs: number;
  #begun: (BegunSegment & { readonly medium: OpenSegment }) | undefined;
  #position: LogPosition;

  constructor(options: LogTailOptions) {
    this.#options = options;
    this.#bytesMax = options.segmentBytesMax ?? segmentBytesMaxDefault;
    this.#ageMaxMs = options.segmentAgeMaxMs ?? Number.POSITIVE_INFINITY;
    this.#position = this.#startOf(options.firstSegment, options.firstSequence);
  }

  get position(): LogPosition {
    return this.#position;
  }

  /** Makes the first of these payloads durable, as many as the segment has room for, and tells where they are. */
  async commit(payloads: readonly Uint8Array[]): Promise<readonly FrameAddress[]> {
    const { openLog } = this.#options.store;
    if (openLog === undefined) return this.#commitObject(payloads);
    if (this.#begun !== undefined && this.#isFull(this.#begun, payloads)) await this.seal();
    const prefix = this.#begun === undefined ? await this.#begin(openLog) : undefined;
    const segment = this.#begun;
    invariant(segment !== undefined, "a segment is begun");
    const { encoder, medium, name } = segment;
    const group = this.#packer.pack(encoder, this.#fitting(encoder.offset, payloads), prefix);
    await medium.commit(group.pieces);
    this.#position = {
      ...this.#position,
      offset: encoder.offset,
      sequence: encoder.nextSequence,
    };
    return addressesIn(name, group);
  }

  /** Seals the segment, if one is begun. */
  async seal(): Promise<void> {
    if (this.#begun === undefined) return;
    await this.#begun.medium.seal(this.#begun.encoder.footer());
    this.#begun = undefined;
    this.#position = this.#startOf(this.#position.segment + 1, this.#position.sequence);
  }

  /** Lets go of the segment, as it is. */
  async abandon(): Promise<void> {
    const segment = this.#begun;
    this.#begun = undefined;
    await segment?.medium.abandon();
  }

  async #begin(openLog: NonNullable<Store["openLog"]>): Promise<Uint8Array> {
    const segment = this.#newSegment();
    const { mirrorDirectory } = this.#options;
    const names = [segment.name];
    if (mirrorDirectory !== undefined) {
      names.push(this.#nameIn(mirrorDirectory, this.#position.segment));
    }
    this.#begun = { ...segment, medium: await openAppended(openLog, names) };
    return segment.encoder.headerBytes;
  }

  /** A medium that cannot append gets an object, header and footer included, of each group. */
  async #commitObject(payloads: readonly Uint8Array[]): Promise<readonly FrameAddress[]> {
    const { encoder, name } = this.#newSegment();
    const { headerBytes } = encoder;
    const group = this.#packer.pack(encoder, this.#fitting(encoder.offset, payloads), headerBytes);
    await createSegmentObject(this.#options.store, name, [...group.pieces, encoder.footer()]);
    this.#position = this.#startOf(this.#position.segment + 1, encoder.nextSequence);
    return addressesIn(name, group);
  }

  #newSegment(): BegunSegment {
    const { clock, epoch, kind } = this.#options;
    const { file: name, segment, sequence: firstSequence } = this.#position;
    const opening = this.#options.opening?.() ?? noOpening;
    if (opening.length > openingBytesMax) {
      const expected = `at most ${openingBytesMax} bytes`;
      throw new StreamError("argument_invalid", { argument: "opening", expected });
    }
    const encoder = new SegmentEncoder({ kind, segment, epoch, firstSequence, opening });
    return { name, encoder, begunMs: clock.monotonicNow() };
  }

  #isFull({ begunMs, encoder }: BegunSegment, payloads: readonly Uint8Array[]): boolean {
    const first = frameHeaderBytes + (payloads[0]?.length ?? 0);
    if (encoder.offset + first > this.#bytesMax) return true;
    return this.#options.clock.monotonicNow() - begunMs >= this.#ageMaxMs;
  }

  /** The first always fits: a segment has at least one frame, however long. */
  #fitting(offset: number, payloads: readonly Uint8Array[]): readonly Uint8Array[] {
    let end = offset;
    const tooMuch = payloads.findIndex((payload, index) => {
      end += frameHeaderBytes + payload.length;
      return index > 0 && end > this.#bytesMax;
    });
    return tooMuch === -1 ? payloads : payloads.slice(0, tooMuch);
  }

  #startOf(segment: number, sequence: number): LogPosition {
    return { segment, file: this.#nameIn(this.#options.directory, segment), offset: 0, sequence };
  }

  #nameIn(directory: string, segment: number): string {
    return `${directory}/${this.#options.segmentName(segment)}`;
  }
}

function addressesIn(segment: string, group: FrameGroup): readonly FrameAddress[] {
  return group.places.map(({ offset, length, checksum }) => ({
    segment,
    offset,
    length,
    checksum,
  }));
}
