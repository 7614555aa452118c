/**
 * Owns: what can be made of a damaged directory, and what would be lost by that: the newest checkpoint that can be read, the
 * events behind it as far as they follow each other, and the snapshots that are whole.
 * Does not own: reading (src/recovery, src/checkpoint), carrying it out (repair.ts).
 *
 * I1. Nothing is made up: what is taken was verified, and what is left out is told.
 */
import { StreamError } from "../base/index.ts";
import {
  type Checkpoint,
  type CheckpointRef,
  chooseBases,
  parseDurableName,
  readCheckpoint,
  readStateSnapshot,
  type StateSnapshotRef,
} from "../checkpoint/index.ts";
import { isTear } from "../inspect/index.ts";
import {
  begunBefore,
  carryingVersions,
  chainOf,
  type JournalReading,
  type LeftLife,
  leftLife,
  type NumberedEvent,
  outputsAfter,
  restorableVersions,
} from "../recovery/index.ts";
import type { Store } from "../store/index.ts";
import type { Maintenance } from "./maintenance.ts";

/** What a repair would do. */
export interface RepairPlan {
  /** What a start finds now, by its labelled case. */
  readonly case: string;
  /** `none`: there is nothing to mend that a start does not mend by itself. */
  readonly verdict: "none" | "possible" | "impossible";
  /** What would be done, and why nothing can be, in words. */
  readonly steps: readonly string[];
  /** What would be lost, in words; empty where nothing is. */
  readonly losses: readonly string[];
  /** Of one that is possible. */
  readonly mended: MendedDirectory | undefined;
}

/** What the directory is taken to be. */
export interface MendedDirectory {
  readonly left: LeftLife;
  readonly journal: JournalReading;
  /** Checkpoints that cannot be read. */
  readonly setAside: readonly string[];
}

const notMendable: Readonly<Record<string, string>> = {
  "newer format": "it was written by a newer release: start that release",
  "foreign directory": "it is not of Millrace",
};

/** Plans a repair. It rejects only where the store cannot be asked. */
export async function planRepair({ medium, observation }: Maintenance): Promise<RepairPlan> {
  const { decision, journal, left } = observation;
  const nothing = { case: decision.label, losses: [], mended: undefined };
  const reason = notMendable[decision.label];
  if (reason !== undefined) return { ...nothing, verdict: "impossible", steps: [reason] };
  if (decision.course === "begin") {
    return { ...nothing, verdict: "none", steps: ["a start begins anew here"] };
  }
  const found = await readableCheckpoints(medium.store, journal);
  const [newest] = found.readable;
  if (newest === undefined) {
    const why = "no checkpoint can be read; restore one from a backup";
    return { ...nothing, verdict: "impossible", steps: [why] };
  }
  const { endsBefore, kept, lost } = eventsBehind(newest.checkpoint, journal);
  const life = left ?? leftLife(newest.checkpoint, newest.ref, { events: kept });
  const snapshots = await mendSnapshots(medium.store, life);
  const isRefused = decision.course === "refuse";
  if (!isRefused && snapshots.damaged.length === 0) {
    const steps = ["a start goes on here, and mends what it can by itself"];
    return { ...nothing, verdict: "none", steps };
  }
  const about = { case: decision.label, losses: isRefused ? lossesOf(lost, endsBefore) : [] };
  if (snapshots.impossible !== undefined) {
    return { ...about, verdict: "impossible", steps: [snapshots.impossible], mended: undefined };
  }
  return {
    ...about,
    verdict: "possible",
    steps: [
      ...(isRefused ? [`go on from ${newest.ref.name} and ${kept.length} events behind it`] : []),
      ...found.unreadable.map((name) => `set aside ${name}, which cannot be read`),
      ...snapshots.damaged.map(({ name }) => `leave out ${name}, which cannot be read`),
      ...snapshots.steps,
    ],
    mended: {
      left: life,
      journal: isRefused ? mendJournal(journal) : journal,
      setAside: found.unreadable,
    },
  };
}

interface Readable {
  readonly checkpoint: Checkpoint;
  readonly ref: CheckpointRef;
}

/** The checkpoints that can be read, newest first, and the names of the others. */
async function readableCheckpoints(
  store: Store,
  journal: JournalReading,
): Promise<{ readonly readable: readonly Readable[]; readonly unreadable: readonly string[] }> {
  const told = new Map<string, CheckpointRef>();
  for (const { event } of journal.events) {
    if (event.kind === "checkpoint_written") told.set(event.checkpoint.name, event.checkpoint);
  }
  const readable: Readable[] = [];
  const unreadable: string[] = [];
  for await (const { byteCount, name } of store.list("checkpoints/")) {
    if (parseDurableName(name).kind !== "checkpoint") continue;
    const ref = told.get(name) ?? { name, sha256: "", byteCount };
    try {
      readable.push({ checkpoint: await readCheckpoint(store, told.get(name) ?? name), ref });
    } catch (error) {
      if (!(error instanceof StreamError) || error.kind === "unavailable") throw error;
      unreadable.push(name);
    }
  }
  readable.sort(({ checkpoint: a }, { checkpoint: b }) => b.epoch - a.epoch || b.number - a.number);
  return { readable, unreadable };
}

/** The events behind a checkpoint as far as none is missing, and those behind what is missing. */
function eventsBehind(
  { journal: { sequence } }: Checkpoint,
  { events }: JournalReading,
): {
  readonly kept: readonly NumberedEvent[];
  readonly lost: readonly NumberedEvent[];
  /** Whether the journal ends before the checkpoint, so that nobody knows what came after it. */
  readonly endsBefore: boolean;
} {
  const endsBefore = (events.at(-1)?.sequence ?? -1) < sequence - 1;
  const behind = events.filter((each) => each.sequence >= sequence);
  const gap = behind.findIndex((each, index) => each.sequence !== sequence + index);
  if (gap === -1) return { kept: behind, lost: [], endsBefore };
  return { kept: behind.slice(0, gap), lost: behind.slice(gap), endsBefore };
}

/**
 * The journal up to where it is whole: the next life goes on there, in the place of what is behind, which stays as evidence
 * and is not read any more.
 */
function mendJournal(journal: JournalReading): JournalReading {
  const { end, listing, plan, reports } = journal;
  const broken = reports.findIndex(({ sealed }, index) => {
    const isLast = index === reports.length - 1;
    return sealed === "broken" || (sealed === "open" && (!isLast || hasMoreThanTear(journal)));
  });
  const gap = plan.parts.findIndex((part) => "until" in part);
  const until = [broken, gap - 1].filter((index) => index >= 0);
  const last = reports[until.length === 0 ? reports.length - 1 : Math.min(...until)];
  if (last === undefined) return journal;
  const { epoch, segment, wholeLength, wholeUntil } = last;
  const sealed = [
    ...end.sealed.filter((bound) => bound.epoch < epoch),
    { epoch, segment, length: wholeLength },
  ];
  return {
    ...journal,
    end: { nextSegment: segment + 1, nextSequence: wholeUntil ?? end.nextSequence, sealed },
    listing: { ...listing, files: listing.files.filter((file) => file.segment <= segment) },
    plan: {
      ...plan,
      parts: plan.parts.filter((part) => !("until" in part) && part.segment <= segment),
    },
    reports: reports.filter((report) => report.segment <= segment),
  };
}

function hasMoreThanTear({ damage }: JournalReading): boolean {
  return damage.some((each) => !isTear({ end: "open" }, each));
}

/** What the events that are left out told of. */
function lossesOf(lost: readonly NumberedEvent[], endsBefore: boolean): readonly string[] {
  if (endsBefore) {
    return [
      "whatever the journal noted behind that checkpoint: batches may run again, and sources have to send again what they were told is safe",
    ];
  }
  if (lost.length === 0) return [];
  const told = lost.flatMap(({ event }): string[] => {
    switch (event.kind) {
      case "batch_completed":
        return [`that the batch ${timeOf(event.batchTimeMs)} was completed: it may run again`];
      case "output_done":
        return [`that the output ${event.outputUid} of ${timeOf(event.batchTimeMs)} was done`];
      case "block_added": {
        const { id, position, streamUid } = event.block;
        const where =
          position === undefined
            ? "which is lost, unless its source sends it again"
            : `positions ${position.from} to ${position.until - 1} of ${position.partition}, which the source has to send again`;
        return [`the block ${id} of ${streamUid}, ${where}`];
      }
      default:
        return [];
    }
  });
  return [
    `what was noted where the journal cannot be read, and ${lost.length} events behind that`,
    ...told,
  ];
}

function timeOf(timeMs: number): string {
  return new Date(timeMs).toISOString();
}

interface MendedSnapshots {
  readonly damaged: readonly StateSnapshotRef[];
  readonly steps: readonly string[];
  /** Why no state can be made without them. */
  readonly impossible: string | undefined;
}

/** Leaves out the snapshots that cannot be read, if the states can be made without them. */
async function mendSnapshots(store: Store, left: LeftLife): Promise<MendedSnapshots> {
  const { checkpoint, knowledge } = left;
  const damaged: StateSnapshotRef[] = [];
  for (const snapshot of knowledge.snapshots) {
    if (!(await isWhole(store, snapshot))) damaged.push(snapshot);
  }
  if (damaged.length === 0) return { damaged, steps: [], impossible: undefined };
  const good = knowledge.snapshots.filter((each) => !damaged.includes(each));
  const versions = restorableVersions(good);
  const { configuration, graph, zeroTimeMs } = checkpoint;
  const { batchIntervalMs } = configuration;
  const { blocks, progress } = knowledge.snapshot();
  const lastMs = blocks.lastAllocatedTimeMs ?? zeroTimeMs;
  const [first] = progress;
  const plan = chooseBases({
    graph,
    zeroTimeMs,
    versions,
    carrying: carryingVersions(good, graph),
    begunAfterMs: begunBefore(checkpoint, graph),
    outputsAfterMs: outputsAfter(progress, lastMs, batchIntervalMs),
    dataAfterMs: first === undefined ? lastMs : first.batchTimeMs - batchIntervalMs,
  });
  const [missing] = plan.missing;
  if (missing !== undefined) {
    const names = damaged.map(({ name }) => name).join(", ");
    const since = timeOf(missing.neededAfterMs);
    const impossible = `${names} cannot be read, and the data of ${missing.inputUid} since ${since} to make the state anew are gone; restore it from a backup`;
    return { damaged, steps: [], impossible };
  }
  knowledge.dropSnapshots((each) => good.includes(each) && chainOf(good, each) !== undefined);
  const steps = plan.bases.map(({ hasSnapshot, operatorUid, versionMs }) => {
    const from = hasSnapshot ? `its snapshot of ${timeOf(versionMs)}` : "the beginning";
    return `make the state of ${operatorUid} anew from ${from}, out of the batches since`;
  });
  return { damaged, steps, impossible: undefined };
}

async function isWhole(store: Store, snapshot: StateSnapshotRef): Promise<boolean> {
  try {
    for await (const _ of readStateSnapshot(store, snapshot));
    return true;
  } catch (error) {
    if (!(error instanceof StreamError) || error.kind === "unavailable") throw error;
    return false;
  }
}
