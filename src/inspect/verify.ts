/**
 * Owns: looking at every byte that counts: each checkpoint, each state snapshot and block that one refers to, each segment of
 * the logs, and what nothing refers to.
 * Does not own: the readers that know what is right (src/checkpoint, src/wal), mending.
 *
 * I1. A thing that is damaged hides no other: everything is looked at.
 */
import { messageOf, StreamError } from "../base/index.ts";
import {
  type Checkpoint,
  type CheckpointBlock,
  readStateSnapshot,
  type StateSnapshotRef,
} from "../checkpoint/index.ts";
import { readFrame } from "../wal/index.ts";
import type { InspectedDirectory } from "./inspected-directory.ts";
import { damageText, isTear, listSegments, reportSegment } from "./log-report.ts";
import { reachabilityOf } from "./reachability.ts";

/** Something that is not as it should be. */
export interface Finding {
  /**
   * `damage`: it is not what was written, or it is missing. `torn`: a write was under way when the driver died, as a start
   * expects. `orphan`: nothing leads to it; a driver removes it. `unknown`: it is not of Millrace.
   */
  readonly kind: "damage" | "torn" | "orphan" | "unknown";
  readonly name: string;
  readonly what: string;
}

/** How far it is: what is looked at, and how many of how many bytes are behind. */
export type VerifyProgress = (name: string, bytesDone: number, bytesTotal: number) => void;

/** What is wrong with a directory; empty where all is well. It rejects only where the store cannot be asked. */
export async function verifyDirectory(
  directory: InspectedDirectory,
  progress: VerifyProgress = () => {},
): Promise<readonly Finding[]> {
  const { entries, garbage, unknown } = await reachabilityOf(directory);
  const total = entries.reduce((sum, { byteCount }) => sum + byteCount, 0);
  const sizes = new Map(entries.map(({ byteCount, name }) => [name, byteCount]));
  let done = 0;
  const passed = (name: string) => {
    done += sizes.get(name) ?? 0;
    progress(name, done, total);
  };
  const findings: Finding[] = [...(await verdictOf(directory))];
  const { checkpoints, damaged } = await readableCheckpoints(directory, passed);
  findings.push(...damaged);
  findings.push(...(await verifySnapshots(directory, checkpoints, passed)));
  findings.push(...(await verifyBlocks(directory, checkpoints)));
  findings.push(...(await verifySegments(directory, passed)));
  for (const name of garbage) {
    findings.push({ kind: "orphan", name, what: "nothing refers to it; a driver will remove it" });
  }
  for (const name of unknown) {
    if (name === "lockfile" || name.startsWith("lock/")) continue;
    findings.push({ kind: "unknown", name, what: "no name of Millrace; it is left alone" });
  }
  return unique(findings);
}

/** What a start would say. */
async function verdictOf(directory: InspectedDirectory): Promise<readonly Finding[]> {
  const { decision, journal, refusal } = await directory.observe();
  if (refusal !== undefined) {
    const file = refusal.details["file"];
    const name = typeof file === "string" ? file : "journal";
    return [{ kind: "damage", name, what: `a start is refused: ${decision.label}` }];
  }
  if (!journal.facts.hasRepairableCopy) return [];
  return journal.reports.flatMap(({ copies, sealed }) =>
    copies
      .filter((copy) => sealed !== "open" && !copy.isWhole)
      .map(({ damage, file }): Finding => {
        const kinds = damage.length === 0 ? "incomplete" : damage.join(", ");
        return { kind: "damage", name: file, what: `${kinds}; the other copy is good` };
      }),
  );
}

async function readableCheckpoints(
  directory: InspectedDirectory,
  passed: (name: string) => void,
): Promise<{ checkpoints: readonly Checkpoint[]; damaged: readonly Finding[] }> {
  const checkpoints: Checkpoint[] = [];
  const damaged: Finding[] = [];
  for (const { name } of await directory.entries("checkpoints/")) {
    const found = await findingOf(name, async () => {
      checkpoints.push((await directory.moment(name)).checkpoint);
    });
    if (found !== undefined) damaged.push(found);
    passed(name);
  }
  const { left } = await directory.observe();
  if (left !== undefined) checkpoints.push((await directory.moment()).checkpoint);
  return { checkpoints, damaged };
}

async function verifySnapshots(
  directory: InspectedDirectory,
  checkpoints: readonly Checkpoint[],
  passed: (name: string) => void,
): Promise<readonly Finding[]> {
  const snapshots = new Map<string, StateSnapshotRef>();
  for (const each of checkpoints.flatMap((checkpoint) => checkpoint.snapshots)) {
    snapshots.set(each.name, each);
  }
  const findings: Finding[] = [];
  for (const [name, snapshot] of snapshots) {
    const found = await findingOf(name, async () => {
      for await (const _ of readStateSnapshot(directory.store, snapshot));
    });
    if (found !== undefined) findings.push(found);
    passed(name);
  }
  return findings;
}

async function verifyBlocks(
  directory: InspectedDirectory,
  checkpoints: readonly Checkpoint[],
): Promise<readonly Finding[]> {
  const blocks = new Map<string, CheckpointBlock>();
  for (const block of checkpoints.flatMap((checkpoint) => checkpoint.blocks)) {
    if (block.location !== undefined) blocks.set(block.id, block);
  }
  const findings: Finding[] = [];
  for (const { id, location, position, streamUid } of blocks.values()) {
    if (location === undefined) continue;
    const found = await findingOf(location.segment, async () => {
      await readFrame(directory.logs, location, { decode: directory.decode });
    });
    if (found === undefined) continue;
    const source =
      position === undefined
        ? ""
        : `, source ${position.partition} ${position.from} to ${position.until - 1}`;
    findings.push({ ...found, what: `block ${id} of ${streamUid}${source}: ${found.what}` });
  }
  return findings;
}

/** Of a segment of the journal that counts, the verdict has told what that means; here each file is for itself. */
async function verifySegments(
  directory: InspectedDirectory,
  passed: (name: string) => void,
): Promise<readonly Finding[]> {
  const findings: Finding[] = [];
  for (const segment of await listSegments(directory)) {
    const { file } = segment;
    const failed = await findingOf(file, async () => {
      // A repaired copy stands for the segment that it is named after, which is kept as evidence.
      if (await isSuperseded(directory, file)) return;
      const report = await reportSegment(directory, segment);
      for (const damage of report.damage) {
        const kind = isTear(report, damage) ? "torn" : "damage";
        findings.push({ kind, name: file, what: damageText(damage) });
      }
    });
    if (failed !== undefined) findings.push(failed);
    passed(file);
  }
  return findings;
}

async function isSuperseded(directory: InspectedDirectory, file: string): Promise<boolean> {
  const folder = file.slice(0, file.indexOf("/") + 1);
  const names = await directory.entries(folder);
  return names.some(({ name }) => name.startsWith(`${file}.repaired-`));
}

async function findingOf(name: string, look: () => Promise<void>): Promise<Finding | undefined> {
  try {
    await look();
    return undefined;
  } catch (error) {
    const isData =
      error instanceof StreamError && error.kind !== "unavailable" && error.kind !== "bug";
    if (!isData) throw error;
    const { offset, reason, why } = error.details;
    const place = typeof offset === "number" ? `at ${offset}: ` : "";
    const isGone = error.code === "store_missing";
    const told = isGone ? "it is gone" : [reason, why].find((each) => typeof each === "string");
    const what = told ?? messageOf(error);
    return { kind: "damage", name, what: `${place}${what} [${error.code}]` };
  }
}

function unique(findings: readonly Finding[]): readonly Finding[] {
  const seen = new Set<string>();
  return findings.filter(({ kind, name, what }) => {
    const text = `${kind} ${name} ${what}`;
    if (seen.has(text)) return false;
    seen.add(text);
    return true;
  });
}
