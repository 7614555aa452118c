/** Owns: logs and what is read of them, in the short form that tests want. */
import { Buffer } from "node:buffer";
import { ManualClock } from "../../../src/testing/index.ts";
import {
  type LogDamage,
  type LogWriter,
  type LogWriterOptions,
  openLogWriter,
  type ReadSegmentOptions,
  readSegment,
  type SegmentEnd,
  type SegmentFrame,
} from "../../../src/wal/index.ts";
import type { MemoryMedium } from "./memory-medium.ts";

/** A journal in `journal/`, its mirror only where it is asked for. */
export function journalWriter(
  store: LogWriterOptions["store"],
  options: Partial<LogWriterOptions> = {},
): LogWriter {
  return openLogWriter({
    store,
    clock: new ManualClock(),
    kind: "journal",
    epoch: 1,
    directory: "journal",
    segmentName: journalSegment,
    firstSegment: 1,
    firstSequence: 1,
    ...options,
  });
}

export function journalSegment(segment: number): string {
  return `${String(segment).padStart(10, "0")}-0000000001`;
}

export function journalFile(segment: number): string {
  return `journal/${journalSegment(segment)}`;
}

export function mirrorFile(segment: number): string {
  return `journal-mirror/${journalSegment(segment)}`;
}

export function bytesOf(text: string): Buffer {
  return Buffer.from(text);
}

export interface SegmentContent {
  readonly frames: readonly SegmentFrame[];
  readonly damage: readonly LogDamage[];
  readonly end: SegmentEnd;
}

export async function contentOf(
  store: Pick<MemoryMedium, "readRange">,
  file: string,
  options: ReadSegmentOptions = {},
): Promise<SegmentContent> {
  const frames: SegmentFrame[] = [];
  const damage: LogDamage[] = [];
  const events = readSegment(store, file, options);
  for (;;) {
    const { done, value } = await events.next();
    if (done) return { frames, damage, end: value };
    if (value.kind === "frame") frames.push(value);
    else damage.push(value.damage);
  }
}

export function textsOf(frames: readonly SegmentFrame[]): string[] {
  return frames.map(({ stored }) => Buffer.from(stored).toString());
}
