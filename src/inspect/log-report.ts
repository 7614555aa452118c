/**
 * Owns: what is told of logs, segment by segment: which there are, what is in them, and what is wrong with each.
 * Does not own: reading a segment (src/wal), what damage means to a start (src/recovery).
 */
import { StreamError } from "../base/index.ts";
import { parseDurableName } from "../checkpoint/index.ts";
import { decodeEvent, type JournalEvent } from "../recovery/index.ts";
import { framePlace, type LogDamage, readSegment, type SegmentEnd } from "../wal/index.ts";
import type { InspectedDirectory } from "./inspected-directory.ts";
import { describeBlock, type LoggedBlock } from "./logged-block.ts";
import { nearest } from "./nearest.ts";

export type LogName = "journal" | "journal-mirror" | "blocks";

/** A file of a log. */
export interface SegmentSummary {
  readonly file: string;
  readonly log: LogName;
  readonly segment: number;
  readonly epoch: number;
  readonly bytes: number;
  /** Whether it is a copy that a repair made, or a segment that was set aside. */
  readonly isCopy: boolean;
}

/** The segments of all logs, by name; nothing is read. */
export async function listSegments(
  directory: InspectedDirectory,
): Promise<readonly SegmentSummary[]> {
  const segments: SegmentSummary[] = [];
  for (const log of ["blocks", "journal", "journal-mirror"] as const) {
    for (const { byteCount, name } of await directory.entries(`${log}/`)) {
      const parsed = parseDurableName(name);
      if (parsed.kind !== "journal" && parsed.kind !== "blocks") continue;
      const epoch = parsed.kind === "blocks" ? parsed.epoch : epochOf(name);
      const isCopy = name.slice(log.length).includes(".");
      segments.push({ file: name, log, segment: parsed.segment, epoch, bytes: byteCount, isCopy });
    }
  }
  return segments;
}

function epochOf(name: string): number {
  return Number(/\/\d{10}-(\d{10})/.exec(name)?.[1] ?? 0);
}

/** The segment that a name means, with or without its folder. Throws `segment_unknown`. */
export async function findSegment(
  directory: InspectedDirectory,
  text: string,
): Promise<SegmentSummary> {
  const segments = await listSegments(directory);
  const found =
    segments.find(({ file }) => file === text) ??
    segments.find(({ file }) => file.endsWith(`/${text}`));
  if (found !== undefined) return found;
  const didYouMean = nearest(
    text,
    segments.map(({ file }) => file),
  );
  throw new StreamError("segment_unknown", { segment: text, didYouMean });
}

/** What is in a segment. */
export interface SegmentReport extends SegmentSummary {
  readonly frames: number;
  readonly payloadBytes: number;
  readonly firstSequence: number | undefined;
  readonly lastSequence: number | undefined;
  /** `sealed`: by its writer. `open`: it may be written, or its writer died. */
  readonly end: "sealed" | "open";
  readonly damage: readonly LogDamage[];
}

/** Reads a segment to its end, and tells what is in it. */
export async function reportSegment(
  directory: InspectedDirectory,
  segment: SegmentSummary,
): Promise<SegmentReport> {
  const reading = readFrames(directory, segment);
  let frames = 0;
  let payloadBytes = 0;
  let firstSequence: number | undefined;
  let lastSequence: number | undefined;
  const damage: LogDamage[] = [];
  for (;;) {
    const { done, value } = await reading.next();
    if (done === true) {
      const end = value.footer === undefined ? "open" : "sealed";
      return { ...segment, frames, payloadBytes, firstSequence, lastSequence, end, damage };
    }
    if (value.kind === "damage") {
      damage.push(value.damage);
      continue;
    }
    frames += 1;
    payloadBytes += value.stored.length;
    firstSequence ??= value.sequence;
    lastSequence = value.sequence;
  }
}

function readFrames(
  { logs }: InspectedDirectory,
  { epoch, file, log, segment }: SegmentSummary,
): ReturnType<typeof readSegment> {
  const kind = log === "blocks" ? "blocks" : "journal";
  return readSegment(logs, file, { expected: { kind, segment, epoch } });
}

/** A frame of a segment, with what its payload says. */
export type FrameReport =
  | {
      readonly kind: "event";
      readonly sequence: number;
      readonly offset: number;
      readonly bytes: number;
      readonly event: JournalEvent;
    }
  | {
      readonly kind: "block";
      readonly sequence: number;
      readonly offset: number;
      readonly bytes: number;
      readonly block: LoggedBlock;
    }
  | { readonly kind: "damage"; readonly damage: LogDamage };

/** The frames of a segment in their order; damage is told where it stands, and reading goes on behind it. */
export async function* catSegment(
  directory: InspectedDirectory,
  segment: SegmentSummary,
): AsyncGenerator<FrameReport, SegmentEnd, undefined> {
  const reading = readFrames(directory, segment);
  for (;;) {
    const { done, value } = await reading.next();
    if (done === true) return value;
    if (value.kind === "damage") {
      yield value;
      continue;
    }
    const place = {
      sequence: value.sequence,
      offset: value.address.offset,
      bytes: value.address.length,
    };
    const { epoch, file, log } = segment;
    const kind = log === "blocks" ? "blocks" : "journal";
    const at = framePlace(kind, file, { epoch, sequence: value.sequence });
    const payload = await directory.decode(value.stored, at);
    if (segment.log === "blocks") yield { kind: "block", ...place, block: describeBlock(payload) };
    else yield { kind: "event", ...place, event: decodeEvent(payload) };
  }
}

const tears: ReadonlySet<LogDamage["kind"]> = new Set(["frame_cut", "header_cut", "bytes_damaged"]);

/** Whether damage is what a driver leaves at the end of a segment when it dies while it writes. */
export function isTear({ end }: Pick<SegmentReport, "end">, { kind }: LogDamage): boolean {
  return end === "open" && tears.has(kind);
}

/** What is wrong, as one line. */
export function damageText(damage: LogDamage): string {
  const { kind, offset, why } = damage;
  return `${kind} at ${offset}: ${why}`;
}
