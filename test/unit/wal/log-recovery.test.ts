/**
 * Owns: what several drivers in a row do with one log, each of which dies anywhere: reading, judging, repairing, sealing and
 * going on, as src/recovery does it with a journal.
 */
import type { Buffer } from "node:buffer";
import { describe, expect, test } from "vitest";
import { type Random, seededRandom } from "../../../src/base/index.ts";
import {
  journalNames,
  judgeLog,
  type LogBound,
  type LogPlace,
  type LogVerdict,
  type LogWriter,
  listLog,
  planLog,
  readBeginnings,
  repairSegment,
} from "../../../src/wal/index.ts";
import {
  bytesOf,
  journalPlace,
  journalWriter,
  mirroredPlace,
  payloadsOf,
  readPlan,
  spoil,
} from "./log-fixture.ts";
import { MemoryMedium } from "./memory-medium.ts";

type Bound = LogBound & { readonly epoch: number };

interface Recovered {
  readonly kept: readonly string[];
  readonly log: LogWriter;
}

class Damaged extends Error {}

/** The first frame of an epoch, which seals those before. */
function opened(bounds: readonly Bound[]): string {
  return `opened ${JSON.stringify(bounds)}`;
}

function boundsIn(text: string): readonly Bound[] {
  return text.startsWith("opened ") ? (JSON.parse(text.slice(7)) as Bound[]) : [];
}

async function recover(medium: MemoryMedium, place: LogPlace, epoch: number): Promise<Recovered> {
  const listing = await listLog(medium, place);
  const bounds = new Map<number, LogBound>();
  for (const frame of await readBeginnings(medium, planLog(listing), { kind: "journal" })) {
    const [text = ""] = payloadsOf([frame]);
    for (const bound of boundsIn(text)) bounds.set(bound.epoch, bound);
  }
  const plan = planLog(listing, { bounds });
  const content = await readPlan(medium, plan, { firstSequence: 1 });
  const verdict = judgeLog(plan, content.reports);
  if (verdict.kind === "damaged") throw new Damaged(verdict.name);
  await repairAll(medium, place, verdict, bounds);
  const nextSequence = verdict.nextSequence ?? 1;
  const frames = content.frames.filter(({ sequence }) => sequence < nextSequence);
  const log = journalWriter(medium, {
    epoch,
    segmentName: (segment) => journalNames.nameOf({ segment, epoch }),
    firstSegment: verdict.nextSegment ?? 1,
    firstSequence: nextSequence,
    mirrorDirectory: place.mirrorDirectory,
    segmentBytesMax: 400,
  });
  await log.append(bytesOf(opened(verdict.bounds)));
  return { kept: payloadsOf(frames).filter((text) => !text.startsWith("opened")), log };
}

async function repairAll(
  medium: MemoryMedium,
  place: LogPlace,
  verdict: LogVerdict & { readonly kind: "goes_on" },
  earlier: ReadonlyMap<number, LogBound>,
): Promise<void> {
  const bounds = new Map([
    ...earlier,
    ...verdict.bounds.map((bound) => [bound.epoch, bound] as const),
  ]);
  for (const part of planLog(await listLog(medium, place), { bounds }).parts) {
    if (!("until" in part)) await repairSegment(medium, part, { kind: "journal" });
  }
}

/** What became of bytes that were not synced; undefined where not even the name of the file is there. */
function tear(random: Random, unsynced: Buffer): Buffer | undefined {
  const kind = random.nextInt(0, 4);
  if (kind === 0) return undefined;
  if (kind === 1) return unsynced;
  if (kind === 2) return unsynced.subarray(0, random.nextInt(0, unsynced.length));
  for (let at = 0; at < unsynced.length; at += 16) {
    if (random.nextInt(0, 1) === 0) continue;
    const end = Math.min(at + 16, unsynced.length);
    unsynced.fill(random.nextInt(0, 1) * random.nextInt(1, 255), at, end);
  }
  return unsynced;
}

interface Life {
  readonly acknowledged: readonly string[];
  readonly operationCount: number;
  /** What it found; undefined where it died before. */
  readonly kept: readonly string[] | undefined;
}

/** A driver that dies at its n-th operation, reading included. */
async function live(
  medium: MemoryMedium,
  place: LogPlace,
  epoch: number,
  diesAt: number,
): Promise<Life> {
  let operationCount = 0;
  medium.before = () => {
    operationCount += 1;
    if (operationCount >= diesAt) throw new Error("the driver died");
  };
  const acknowledged: string[] = [];
  let kept: readonly string[] | undefined;
  try {
    const recovered = await recover(medium, place, epoch);
    kept = recovered.kept;
    for (const group of [["a", "b"], ["c", "d", "e"], ["f"], ["g".repeat(99), "h"]]) {
      const texts = group.map((text) => `${epoch}${text}`);
      await Promise.all(texts.map((text) => recovered.log.append(bytesOf(text))));
      acknowledged.push(...texts);
    }
    await recovered.log.close();
  } catch (error) {
    if (error instanceof Damaged) throw error;
  }
  medium.before = () => {};
  return { acknowledged, operationCount, kept };
}

function expectInOrder(kept: readonly string[], acknowledged: readonly string[]): void {
  expect(kept.filter((text) => acknowledged.includes(text))).toEqual(acknowledged);
  expect(new Set(kept).size).toBe(kept.length);
}

describe.each([
  ["one copy", journalPlace],
  ["two copies", mirroredPlace],
] as const)("drivers that share a log of %s", (_, place) => {
  test("may die anywhere, one after the other: each finds all that those before acknowledged (faults 4, 5, 33)", async () => {
    let points = 0;
    for (let first = 1; ; first += 1) {
      const medium = new MemoryMedium();
      const one = await live(medium, place, 1, first);
      for (let seed = 0; seed < 4; seed += 1) {
        const random = seededRandom(first, seed);
        const image = medium.crashed((unsynced) => tear(random, unsynced));
        const acknowledged = [...one.acknowledged];
        for (let epoch = 2; epoch < 5; epoch += 1) {
          const life = await live(image, place, epoch, random.nextInt(1, 60));
          if (life.kept !== undefined) expectInOrder(life.kept, acknowledged);
          acknowledged.push(...life.acknowledged);
          points += 1;
          const after = image.crashed((unsynced) => tear(random, unsynced));
          image.files.clear();
          image.synced.clear();
          for (const [name, bytes] of after.files) image.files.set(name, bytes);
          for (const [name, length] of after.synced) image.synced.set(name, length);
        }
        const last = await live(image, place, 9, Number.POSITIVE_INFINITY);
        expectInOrder(last.kept ?? [], acknowledged);
        const whole = await live(image, place, 10, Number.POSITIVE_INFINITY);
        expectInOrder(whole.kept ?? [], [...acknowledged, ...last.acknowledged]);
      }
      if (one.operationCount < first) break;
    }
    expect(points).toBeGreaterThan(150);
  });

  test("may die in recovery again and again, and the log does not grow by it but for a segment each (fault 33)", async () => {
    const medium = new MemoryMedium();
    const one = await live(medium, place, 1, 14);
    for (let epoch = 2; epoch < 22; epoch += 1) {
      const life = await live(medium, place, epoch, 3 + (epoch % 9));
      expect(life.acknowledged).toEqual([]);
    }
    const { kept } = await live(medium, place, 99, Number.POSITIVE_INFINITY);
    expectInOrder(kept ?? [], one.acknowledged);
  });

  test("refuse to go on where a byte of what was durable is lost in all copies, and never go on without it", async () => {
    const medium = new MemoryMedium();
    const one = await live(medium, place, 1, 25);
    const two = await live(medium, place, 2, Number.POSITIVE_INFINITY);
    const acknowledged = [...one.acknowledged, ...two.acknowledged];
    const files = [...medium.files.keys()].filter((name) => name.startsWith("journal/"));
    let refused = 0;
    for (const file of files) {
      for (let offset = 0; offset < medium.file(file).length; offset += 3) {
        const image = medium.crashed((unsynced) => unsynced);
        for (const copy of [file, file.replace("journal/", "journal-mirror/")]) {
          if (image.files.has(copy)) spoil(image, copy, offset);
        }
        try {
          const { kept } = await live(image, place, 3, Number.POSITIVE_INFINITY);
          expectInOrder(kept ?? [], acknowledged);
        } catch (error) {
          if (!(error instanceof Damaged)) throw error;
          refused += 1;
        }
      }
    }
    expect(refused).toBeGreaterThan(100);
  });
});
