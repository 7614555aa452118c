/** Owns: logs and what is read of them, in the short form that tests want. */
import { Buffer } from "node:buffer";
import { ManualClock } from "../../../src/testing/index.ts";
import {
  type FrameAddress,
  journalNames,
  type LogDamage,
  type LogEvent,
  type LogFrame,
  type LogLoss,
  type LogPlace,
  type LogPlan,
  type LogPlanOptions,
  type LogWriter,
  type LogWriterOptions,
  listLog,
  openLogWriter,
  planLog,
  type ReadLogOptions,
  type ReadSegmentOptions,
  readLog,
  readSegment,
  type SegmentEnd,
  type SegmentFrame,
  type SegmentReport,
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

export const journalPlace: LogPlace = { directory: "journal", names: journalNames };
export const mirroredPlace: LogPlace = { ...journalPlace, mirrorDirectory: "journal-mirror" };

export interface LogContent {
  readonly plan: LogPlan;
  readonly frames: readonly LogFrame[];
  readonly damage: readonly LogDamage[];
  readonly losses: readonly LogLoss[];
  readonly reports: readonly SegmentReport[];
}

/** Lists, plans and reads a journal. */
export async function readJournal(
  store: MemoryMedium,
  { place = journalPlace, ...options }: LogPlanOptions & { readonly place?: LogPlace } = {},
): Promise<LogContent> {
  const plan = planLog(await listLog(store, place), options);
  return { plan, ...(await readPlan(store, plan)) };
}

export async function readPlan(
  store: MemoryMedium,
  plan: LogPlan,
  options: Partial<ReadLogOptions> = {},
): Promise<Omit<LogContent, "plan">> {
  const events: LogEvent[] = [];
  for await (const event of readLog(store, plan, { kind: "journal", ...options })) {
    events.push(event);
  }
  return {
    frames: events.filter((event) => event.kind === "frame"),
    damage: events.flatMap((event) => (event.kind === "damage" ? [event.damage] : [])),
    losses: events.flatMap((event) => (event.kind === "loss" ? [event.loss] : [])),
    reports: events.flatMap((event) => (event.kind === "segment" ? [event.report] : [])),
  };
}

export function payloadsOf(frames: readonly LogFrame[]): string[] {
  return frames.map(({ payload }) => Buffer.from(payload).toString());
}

export async function appendAll(log: LogWriter, texts: readonly string[]): Promise<FrameAddress[]> {
  return Promise.all(texts.map((text) => log.append(bytesOf(text))));
}

/** Turns one byte of a file into another. */
export function spoil(medium: MemoryMedium, file: string, offset: number): void {
  const bytes = medium.file(file);
  bytes[offset] = (bytes[offset] ?? 0) ^ 0x10;
}
