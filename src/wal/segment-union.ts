/**
 * Owns: reading one segment out of all its copies.
 * Does not own: one copy (log-cursor.ts), the other segments (log-reader.ts).
 *
 * I1. The copies are read side by side, in the order of the sequence numbers; a frame is given when the first of them has it.
 * I2. Of two copies that are both right in themselves and yet differ, neither is given.
 */
import { Buffer } from "node:buffer";
import type { Store } from "../store/index.ts";
import { type DamageKind, type LogDamage, type SequenceRange, undecodable } from "./damage.ts";
import { type FrameTransform, framePlace } from "./frame-place.ts";
import { CopyCursor } from "./log-cursor.ts";
import type { CopyReport, LogEvent, SegmentReport } from "./log-events.ts";
import { footerBytes, type LogKind } from "./log-format.ts";
import type { PlannedSegment } from "./log-plan.ts";
import type { SegmentFrame } from "./segment-events.ts";

export interface SegmentUnionOptions {
  readonly kind: LogKind;
  readonly decode?: FrameTransform | undefined;
  /** The sequence number that has to come first; undefined where nothing tells. */
  readonly nextSequence: number | undefined;
  /** What is wrong with what comes before, and may have cost frames. */
  readonly before: readonly LogDamage[];
}

/** How much of what is wrong is kept for the reports; all of it is told as it is found. */
const damageKeptMax = 16;

/** One segment while it is read. */
export class SegmentUnion {
  readonly #part: PlannedSegment;
  readonly #options: SegmentUnionOptions;
  readonly #cursors: readonly CopyCursor[];
  readonly #damage: LogDamage[] = [];
  readonly #damageKinds = new Map<string, Set<DamageKind>>();
  #next: number | undefined;
  #whole: { length: number; until: number | undefined };
  #hasLost = false;
  #isBegun = false;
  #report: SegmentReport | undefined;

  constructor(store: Pick<Store, "readRange">, part: PlannedSegment, options: SegmentUnionOptions) {
    const { epoch, segment, sealedLength } = part;
    const { kind, nextSequence } = options;
    const expected = { kind, segment, epoch, firstSequence: nextSequence };
    const isVoid = sealedLength === 0;
    this.#part = part;
    this.#options = options;
    this.#next = nextSequence;
    this.#whole = { length: 0, until: nextSequence };
    this.#cursors = (isVoid ? [] : part.copies).map(
      (copy) => new CopyCursor(store, copy, { expected, sealedLength }),
    );
  }

  /** Gives everything, the report last. */
  async *read(): AsyncGenerator<LogEvent, void, undefined> {
    for (const { file } of this.#part.missing) yield this.#tell(missingFile(file));
    for (const cursor of this.#cursors) yield* this.#advance(cursor);
    for (let heads = this.#heads(); heads.length > 0; heads = this.#heads()) {
      yield* this.#give(heads.flatMap(({ head }) => (head === undefined ? [] : [head])));
      for (const cursor of heads) yield* this.#advance(cursor);
    }
    yield* this.#lossAtEnd();
    this.#report = this.#makeReport();
    yield { kind: "segment", report: this.#report };
  }

  /** The sequence number that comes after the segment, when it was read: what is torn off an open one will come again. */
  get nextSequence(): number | undefined {
    return this.#report?.sealed === "open" ? this.#report.wholeUntil : this.#next;
  }

  /** What may have cost frames behind the last one that is there, when it was read. */
  get openDamage(): readonly LogDamage[] {
    const isSealed = this.#report?.sealed === "footer" || this.#report?.sealed === "bound";
    return isSealed ? [] : this.#damage;
  }

  async *#advance(cursor: CopyCursor): AsyncGenerator<LogEvent, void, undefined> {
    for await (const damage of cursor.advance()) {
      // What is wrong with a copy that was repaired is known; the other copies tell what it costs.
      if (!cursor.copy.isReplaced) yield this.#tell(damage);
    }
  }

  #tell(damage: LogDamage): LogEvent {
    if (this.#damage.length < damageKeptMax) this.#damage.push(damage);
    const kinds = this.#damageKinds.get(damage.file) ?? new Set();
    this.#damageKinds.set(damage.file, kinds.add(damage.kind));
    return { kind: "damage", segment: this.#part.segment, damage };
  }

  /** The copies whose next frame is the one with the lowest sequence number. */
  #heads(): CopyCursor[] {
    const lowest = Math.min(...this.#cursors.map(({ head }) => head?.sequence ?? Infinity));
    return this.#cursors.filter(({ head }) => head?.sequence === lowest);
  }

  async *#give(frames: readonly SegmentFrame[]): AsyncGenerator<LogEvent, void, undefined> {
    const [frame] = frames;
    if (frame === undefined) return;
    const { sequence } = frame;
    const next = this.#next ?? this.#firstLostUpTo(sequence);
    if (next !== undefined && sequence < next) {
      yield this.#tell(misplaced(frame, next));
      return;
    }
    if (next !== undefined && sequence > next) yield this.#lose({ from: next, until: sequence });
    else if (next === undefined && this.#isUnsure()) yield this.#lose(undefined);
    this.#isBegun = true;
    this.#next = sequence + 1;
    const other = frames.find((each) => !isSame(each, frame));
    if (other !== undefined) {
      yield this.#tell(differing(frame, other));
      yield this.#lose({ from: sequence, until: sequence + 1 });
      return;
    }
    const { address, epoch, unsyncedBefore } = frame;
    const { segment } = this.#part;
    const payload = await this.#decode(frame);
    if (!this.#hasLost) {
      this.#whole = { length: address.offset + address.length, until: sequence + 1 };
    }
    yield { kind: "frame", segment, sequence, epoch, unsyncedBefore, payload, address };
  }

  /** Frames may be missing before the first, and nothing tells which. */
  #isUnsure(): boolean {
    return !this.#isBegun && this.#options.before.length > 0;
  }

  #firstLost(): number | undefined {
    const lost = this.#damage.flatMap((each) => (each.lost === undefined ? [] : [each.lost.from]));
    return lost.length === 0 ? undefined : Math.min(...lost);
  }

  /** A copy without its header knows less of the beginning than the frame of another copy that comes before. */
  #firstLostUpTo(sequence: number): number | undefined {
    const firstLost = this.#firstLost();
    return firstLost !== undefined && firstLost <= sequence ? firstLost : undefined;
  }

  async #decode(frame: SegmentFrame): Promise<Uint8Array> {
    const { decode, kind } = this.#options;
    try {
      const place = framePlace(kind, frame.address.segment, frame);
      return decode === undefined ? frame.stored : await decode(frame.stored, place);
    } catch (error) {
      throw undecodable(frame.address, error);
    }
  }

  *#lossAtEnd(): Generator<LogEvent, void, undefined> {
    const footerNext = Math.max(...this.#cursors.map(({ end }) => end?.footer?.nextSequence ?? -1));
    const next = this.#next ?? this.#firstLost() ?? footerNext;
    if (footerNext > next) yield this.#lose({ from: next, until: footerNext });
    if (footerNext >= 0) this.#next = Math.max(next, footerNext);
    const { sealedLength } = this.#part;
    if (sealedLength === undefined || this.#hasLost || this.#reaches(sealedLength)) return;
    yield this.#lose(this.#next === undefined ? undefined : { from: this.#next, until: undefined });
  }

  /** Whether all that there is up to this length was read from one copy or another. */
  #reaches(length: number): boolean {
    const isWhole = this.#cursors.some(({ end }) => (end?.wholeLength ?? 0) >= length);
    return isWhole || this.#wholeLength() >= length;
  }

  /** Frames do not count without the header that opens their segment. */
  #counted(): { readonly length: number; readonly until: number | undefined } {
    return this.#hasHeader() ? this.#whole : { length: 0, until: this.#options.nextSequence };
  }

  #hasHeader(): boolean {
    const isVoid = this.#part.sealedLength === 0;
    return isVoid || this.#cursors.some(({ end }) => end?.header !== undefined);
  }

  /** The footer included, where one was found. */
  #wholeLength(): number {
    const { length } = this.#counted();
    return this.#hasFooter() && !this.#hasLost ? length + footerBytes : length;
  }

  #hasFooter(): boolean {
    return this.#cursors.some(({ end }) => end?.footer !== undefined);
  }

  #lose(lost: SequenceRange | undefined): LogEvent {
    this.#hasLost = true;
    const because = [...this.#options.before, ...this.#damage].slice(0, damageKeptMax);
    return { kind: "loss", loss: { segment: this.#part.segment, lost, because } };
  }

  #makeReport(): SegmentReport {
    const { epoch, segment } = this.#part;
    const durable = this.#cursors.flatMap(({ end }) => end?.durableBelow ?? []);
    const sealed = this.#sealed();
    const whole = this.#counted();
    return {
      segment,
      epoch,
      sealed,
      wholeLength: whole.length,
      wholeUntil: whole.until ?? this.#firstLost(),
      durableBelow: durable.length === 0 ? undefined : Math.max(...durable),
      copies: [
        ...this.#cursors.flatMap((cursor) => this.#copyReport(cursor, sealed)),
        ...this.#missing(),
      ],
      damage: this.#damage,
    };
  }

  #sealed(): SegmentReport["sealed"] {
    const { sealedLength } = this.#part;
    if (sealedLength === undefined && !this.#hasFooter()) return "open";
    if (this.#hasLost || !this.#hasHeader()) return "broken";
    return sealedLength === undefined ? "footer" : "bound";
  }

  #copyReport({ copy, end }: CopyCursor, sealed: SegmentReport["sealed"]): CopyReport[] {
    if (copy.isReplaced) return [];
    const { file, side } = copy;
    const needed = this.#part.sealedLength ?? this.#wholeLength();
    const isLong = end !== undefined && end.wholeLength >= needed;
    // Behind the end of an open segment there may be what a crash tore; a sealed one has nothing wrong with it.
    const damage = [...(this.#damageKinds.get(file) ?? [])];
    const isClean = sealed === "open" || damage.length === 0;
    return [{ file, side, isWhole: isLong && isClean && sealed !== "broken", damage }];
  }

  #missing(): CopyReport[] {
    const damage = ["segment_missing"] as const;
    return this.#part.missing.map(({ file, side }) => ({ file, side, isWhole: false, damage }));
  }
}

function isSame(a: SegmentFrame, b: SegmentFrame): boolean {
  const isAtSamePlace = a.address.offset === b.address.offset && a.epoch === b.epoch;
  if (!isAtSamePlace || a.unsyncedBefore !== b.unsyncedBefore) return false;
  return Buffer.compare(a.stored, b.stored) === 0;
}

function missingFile(file: string): LogDamage {
  const why = "there is no such file";
  return { kind: "segment_missing", file, offset: 0, byteCount: undefined, why, lost: undefined };
}

function misplaced({ address, sequence }: SegmentFrame, next: number): LogDamage {
  const { segment: file, offset, length: byteCount } = address;
  const why = `frame ${sequence} comes where ${next} should`;
  return { kind: "frame_misplaced", file, offset, byteCount, why, lost: undefined };
}

function differing(frame: SegmentFrame, other: SegmentFrame): LogDamage {
  const { offset, length: byteCount, segment: file } = frame.address;
  const { sequence } = frame;
  const why = `frame ${sequence} is another one in ${other.address.segment}`;
  const lost = { from: sequence, until: sequence + 1 };
  return { kind: "copies_differ", file, offset, byteCount, why, lost };
}
