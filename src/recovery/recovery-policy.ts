/**
 * Owns: what becomes of a start, as a table of labelled cases over what was observed. Decisions only: no case is outside of
 * the table, and the first that fits is taken.
 * Does not own: observing (observe.ts), carrying out (src/context), comparing graphs (src/checkpoint).
 */
import { type ErrorCode, invariant } from "../base/index.ts";

/** What was found in a checkpoint directory. */
export interface DirectoryFacts {
  /** 0 where no driver ever lived here. */
  readonly newestEpoch: number;
  /** The newest epoch by whose driver there is a file; it had claimed it before. */
  readonly writtenEpoch: number;
  /** Whether there is anything that Millrace did not write. */
  readonly hasForeignNames: boolean;
  readonly checkpoint: "none" | "read" | "damaged" | "newer format";
  readonly journal: JournalFacts;
}

/** What was found of the journal, from the newest checkpoint on. */
export interface JournalFacts {
  readonly hasSegments: boolean;
  readonly isNewerFormat: boolean;
  /** A segment number that is not there, though one behind it is, or the checkpoint is of a later time. */
  readonly hasGap: boolean;
  /** Two good copies of one frame that differ. */
  readonly copiesDiffer: boolean;
  /** Damage in both copies that no torn tail explains. */
  readonly isDamaged: boolean;
  /** A write that was under way when the driver died. */
  readonly hasTornTail: boolean;
  /** Damage in one copy, whose other copy is good. */
  readonly hasRepairableCopy: boolean;
  /** Whether it tells of data, so that it is not that of a driver that died before it began. */
  readonly hasData: boolean;
  /** Whether its last word is that the driver stopped by itself. */
  readonly endsWithStop: boolean;
}

/** What the program of this start wants, beside what the checkpoint knows. */
export interface ProgramFacts {
  readonly sameApplication: boolean;
  readonly sameInterval: boolean;
  /** Whether every state has its last batches in a snapshot, so that none has to be made again on the old grid. */
  readonly statesSettled: boolean;
  /** Whether every window that is brought forward has what is in it in its snapshot. */
  readonly windowsCarried: boolean;
  readonly partitions: PartitionChange;
  /** The verdict about the graphs. */
  readonly graph: "same" | "compatible" | "refused";
  /** Batches with outputs that are not done. */
  readonly pendingBatches: number;
  readonly completedBatches: number;
}

/**
 * Whether the numbers of partitions are what they were; where they are not, whether a batch that is run again can keep its
 * own: not where it did not note them, as those of a directory of before did not, and not where a partitioner of the
 * program's own has another one by now.
 */
export type PartitionChange = "same" | "changed" | "changed, not noted" | "own partitioner changed";

/** What is done: begin as if there had been nothing, go on, or leave everything as it is. */
export type Course = "begin" | "resume" | "refuse";

/** The cases by what lies in the directory. */
export type DirectoryLabel =
  | "first start"
  | "foreign directory"
  | "newer format"
  | "checkpoint damaged"
  | "checkpoint missing"
  | "journal gap"
  | "journal copies differ"
  | "journal damaged"
  | "epoch record missing"
  | "crash before the first checkpoint"
  | "graceful stop"
  | "crash, one copy of the journal damaged"
  | "crash, torn tail"
  | "crash";

/** The cases by what the program wants. */
export type ProgramLabel =
  | "other application"
  | "graph refused"
  | "batch interval changed, batches pending"
  | "batch interval changed, states behind their batches"
  | "batch interval changed, windows without their batches"
  | "partitions changed, batches pending that did not note theirs"
  | "partitioner changed, batches pending"
  | "partitions changed, batches pending"
  | "batch interval changed"
  | "partitions changed"
  | "changed code"
  | "same program, in the first batch"
  | "same program, batches pending"
  | "same program";

/** One case of a table. */
export interface RecoveryCase<Facts, Label extends string> {
  readonly label: Label;
  readonly course: Course;
  /** Of a refusal. */
  readonly code?: ErrorCode;
  readonly fits: (facts: Facts) => boolean;
}

/** By what lies in the directory. */
export const directoryCases: readonly RecoveryCase<DirectoryFacts, DirectoryLabel>[] = [
  {
    label: "first start",
    course: "begin",
    fits: ({ checkpoint, hasForeignNames, journal, newestEpoch }) =>
      newestEpoch === 0 && checkpoint === "none" && !journal.hasSegments && !hasForeignNames,
  },
  {
    label: "foreign directory",
    course: "refuse",
    code: "directory_foreign",
    fits: ({ checkpoint, hasForeignNames, journal, newestEpoch }) =>
      hasForeignNames && newestEpoch === 0 && checkpoint === "none" && !journal.hasSegments,
  },
  {
    label: "newer format",
    course: "refuse",
    code: "format_newer",
    fits: ({ checkpoint, journal }) => checkpoint === "newer format" || journal.isNewerFormat,
  },
  {
    label: "checkpoint damaged",
    course: "refuse",
    code: "checkpoint_damaged",
    fits: ({ checkpoint }) => checkpoint === "damaged",
  },
  {
    label: "checkpoint missing",
    course: "refuse",
    code: "checkpoint_missing",
    fits: ({ checkpoint, journal }) => checkpoint === "none" && journal.hasData,
  },
  {
    label: "journal gap",
    course: "refuse",
    code: "journal_gap",
    fits: ({ journal }) => journal.hasGap,
  },
  {
    label: "journal copies differ",
    course: "refuse",
    code: "journal_damaged",
    fits: ({ journal }) => journal.copiesDiffer,
  },
  {
    label: "journal damaged",
    course: "refuse",
    code: "journal_damaged",
    fits: ({ journal }) => journal.isDamaged,
  },
  {
    // The epoch would be claimed a second time, and its names given again.
    label: "epoch record missing",
    course: "refuse",
    code: "epoch_missing",
    fits: ({ newestEpoch, writtenEpoch }) => writtenEpoch > newestEpoch,
  },
  {
    // The driver died between claiming its epoch and its first checkpoint: nothing was received yet.
    label: "crash before the first checkpoint",
    course: "begin",
    fits: ({ checkpoint }) => checkpoint === "none",
  },
  {
    label: "graceful stop",
    course: "resume",
    fits: ({ journal }) => journal.endsWithStop,
  },
  {
    label: "crash, one copy of the journal damaged",
    course: "resume",
    fits: ({ journal }) => journal.hasRepairableCopy,
  },
  {
    label: "crash, torn tail",
    course: "resume",
    fits: ({ journal }) => journal.hasTornTail,
  },
  { label: "crash", course: "resume", fits: () => true },
];

/** By what the program wants of a directory that is fit to be resumed. */
export const programCases: readonly RecoveryCase<ProgramFacts, ProgramLabel>[] = [
  {
    label: "other application",
    course: "refuse",
    code: "application_differs",
    fits: ({ sameApplication }) => !sameApplication,
  },
  {
    label: "graph refused",
    course: "refuse",
    code: "upgrade_refused",
    fits: ({ graph }) => graph === "refused",
  },
  {
    label: "batch interval changed, batches pending",
    course: "refuse",
    code: "interval_changed",
    fits: ({ pendingBatches, sameInterval }) => !sameInterval && pendingBatches > 0,
  },
  {
    // What would have to be computed again stands on the old grid.
    label: "batch interval changed, states behind their batches",
    course: "refuse",
    code: "interval_changed",
    fits: ({ sameInterval, statesSettled }) => !sameInterval && !statesSettled,
  },
  {
    label: "batch interval changed, windows without their batches",
    course: "refuse",
    code: "interval_changed",
    fits: ({ sameInterval, windowsCarried }) => !sameInterval && !windowsCarried,
  },
  {
    label: "partitions changed, batches pending that did not note theirs",
    course: "refuse",
    code: "partitions_changed",
    fits: ({ partitions, pendingBatches }) =>
      partitions === "changed, not noted" && pendingBatches > 0,
  },
  {
    label: "partitioner changed, batches pending",
    course: "refuse",
    code: "partitions_changed",
    fits: ({ partitions, pendingBatches }) =>
      partitions === "own partitioner changed" && pendingBatches > 0,
  },
  {
    // They keep their numbers; the new ones hold from the first new batch on.
    label: "partitions changed, batches pending",
    course: "resume",
    fits: ({ partitions, pendingBatches }) => partitions !== "same" && pendingBatches > 0,
  },
  {
    label: "batch interval changed",
    course: "resume",
    fits: ({ sameInterval }) => !sameInterval,
  },
  {
    label: "partitions changed",
    course: "resume",
    fits: ({ partitions }) => partitions !== "same",
  },
  {
    label: "changed code",
    course: "resume",
    fits: ({ graph }) => graph === "compatible",
  },
  {
    label: "same program, in the first batch",
    course: "resume",
    fits: ({ completedBatches, pendingBatches }) => completedBatches === 0 && pendingBatches > 0,
  },
  { label: "same program, batches pending", course: "resume", fits: (f) => f.pendingBatches > 0 },
  { label: "same program", course: "resume", fits: () => true },
];

/** What is done about a directory. */
export function decideDirectory(
  facts: DirectoryFacts,
): RecoveryCase<DirectoryFacts, DirectoryLabel> {
  return firstThatFits(directoryCases, facts);
}

/** What is done about a program over a directory that may be resumed. */
export function decideProgram(facts: ProgramFacts): RecoveryCase<ProgramFacts, ProgramLabel> {
  return firstThatFits(programCases, facts);
}

function firstThatFits<Facts, Label extends string>(
  cases: readonly RecoveryCase<Facts, Label>[],
  facts: Facts,
): RecoveryCase<Facts, Label> {
  const fitting = cases.find(({ fits }) => fits(facts));
  invariant(fitting !== undefined, "the last case of each table fits everything");
  return fitting;
}
