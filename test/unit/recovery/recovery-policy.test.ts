import { describe, expect, test } from "vitest";
import {
  type DirectoryFacts,
  type DirectoryLabel,
  decideDirectory,
  decideProgram,
  directoryCases,
  type JournalFacts,
  type ProgramFacts,
  type ProgramLabel,
  programCases,
} from "../../../src/recovery/recovery-policy.ts";

const soundJournal: JournalFacts = {
  hasSegments: true,
  isNewerFormat: false,
  hasGap: false,
  copiesDiffer: false,
  isDamaged: false,
  hasTornTail: false,
  hasRepairableCopy: false,
  hasData: true,
  endsWithStop: false,
};

/** Of a driver that was killed between two writes. */
const crashed: DirectoryFacts = {
  newestEpoch: 3,
  writtenEpoch: 3,
  hasForeignNames: false,
  checkpoint: "read",
  journal: soundJournal,
};

const emptyJournal: JournalFacts = { ...soundJournal, hasSegments: false, hasData: false };
const empty: DirectoryFacts = {
  ...crashed,
  newestEpoch: 0,
  writtenEpoch: 0,
  checkpoint: "none",
  journal: emptyJournal,
};

/** What makes each case of the directory, in the order of the table. */
const directories: readonly (readonly [DirectoryLabel, string, DirectoryFacts])[] = [
  ["first start", "begin", empty],
  ["foreign directory", "directory_foreign", { ...empty, hasForeignNames: true }],
  ["newer format", "format_newer", { ...crashed, checkpoint: "newer format" }],
  ["checkpoint damaged", "checkpoint_damaged", { ...crashed, checkpoint: "damaged" }],
  ["checkpoint missing", "checkpoint_missing", { ...crashed, checkpoint: "none" }],
  ["journal gap", "journal_gap", withJournal({ hasGap: true })],
  ["journal copies differ", "journal_damaged", withJournal({ copiesDiffer: true })],
  ["journal damaged", "journal_damaged", withJournal({ isDamaged: true })],
  ["epoch record missing", "epoch_missing", { ...crashed, newestEpoch: 2 }],
  [
    "crash before the first checkpoint",
    "begin",
    { ...crashed, checkpoint: "none", journal: { ...soundJournal, hasData: false } },
  ],
  ["graceful stop", "resume", withJournal({ endsWithStop: true })],
  ["crash, one copy of the journal damaged", "resume", withJournal({ hasRepairableCopy: true })],
  ["crash, torn tail", "resume", withJournal({ hasTornTail: true })],
  ["crash", "resume", crashed],
];

function withJournal(journal: Partial<JournalFacts>): DirectoryFacts {
  return { ...crashed, journal: { ...soundJournal, ...journal } };
}

const unchanged: ProgramFacts = {
  sameApplication: true,
  sameInterval: true,
  statesSettled: true,
  windowsCarried: true,
  partitions: "same",
  graph: "same",
  pendingBatches: 0,
  completedBatches: 7,
};

/** What makes each case of the program, in the order of the table. */
const programs: readonly (readonly [ProgramLabel, string, ProgramFacts])[] = [
  ["other application", "application_differs", { ...unchanged, sameApplication: false }],
  ["graph refused", "upgrade_refused", { ...unchanged, graph: "refused" }],
  [
    "batch interval changed, batches pending",
    "interval_changed",
    { ...unchanged, sameInterval: false, pendingBatches: 1 },
  ],
  [
    "batch interval changed, states behind their batches",
    "interval_changed",
    { ...unchanged, sameInterval: false, statesSettled: false },
  ],
  [
    "batch interval changed, windows without their batches",
    "interval_changed",
    { ...unchanged, sameInterval: false, windowsCarried: false },
  ],
  [
    "partitions changed, batches pending that did not note theirs",
    "partitions_changed",
    { ...unchanged, partitions: "changed, not noted", pendingBatches: 1 },
  ],
  [
    "partitioner changed, batches pending",
    "partitions_changed",
    { ...unchanged, partitions: "own partitioner changed", pendingBatches: 1 },
  ],
  [
    "partitions changed, batches pending",
    "resume",
    { ...unchanged, partitions: "changed", pendingBatches: 1 },
  ],
  ["batch interval changed", "resume", { ...unchanged, sameInterval: false }],
  ["partitions changed", "resume", { ...unchanged, partitions: "changed" }],
  ["changed code", "resume", { ...unchanged, graph: "compatible" }],
  [
    "same program, in the first batch",
    "resume",
    { ...unchanged, completedBatches: 0, pendingBatches: 1 },
  ],
  ["same program, batches pending", "resume", { ...unchanged, pendingBatches: 2 }],
  ["same program", "resume", unchanged],
];

describe("the table of directories", () => {
  test("has these cases in this order, so that a case is added to the tests as well", () => {
    expect(directoryCases.map(({ label }) => label)).toEqual(directories.map(([label]) => label));
  });

  test.each(directories)("chooses %s, which is %s", (label, outcome, facts) => {
    const decision = decideDirectory(facts);
    expect([decision.label, decision.code ?? decision.course]).toEqual([label, outcome]);
  });

  test("gives a code to each refusal and to nothing else", () => {
    for (const { code, course } of [...directoryCases, ...programCases]) {
      expect(code !== undefined).toBe(course === "refuse");
    }
  });

  test("never begins where an earlier driver left data, whatever else was found", () => {
    for (const facts of allDirectoryFacts()) {
      if (!facts.journal.hasData && facts.checkpoint === "none") continue;
      expect(decideDirectory(facts).course).not.toBe("begin");
    }
  });

  test("never begins among the files of others, and never where nothing but a driver could have been", () => {
    for (const facts of allDirectoryFacts()) {
      if (facts.newestEpoch > 0 || !facts.hasForeignNames) continue;
      expect(decideDirectory(facts).label).not.toBe("first start");
    }
  });

  test("resumes only from a checkpoint that was read over a journal that is whole up to its tail", () => {
    for (const facts of allDirectoryFacts()) {
      if (decideDirectory(facts).course !== "resume") continue;
      const { copiesDiffer, hasGap, isDamaged, isNewerFormat } = facts.journal;
      expect(facts.checkpoint).toBe("read");
      expect([copiesDiffer, hasGap, isDamaged, isNewerFormat]).not.toContain(true);
      expect(facts.newestEpoch).toBeGreaterThanOrEqual(facts.writtenEpoch);
    }
  });

  test("a newer format is named before the damage that it looks like", () => {
    const facts = withJournal({ isNewerFormat: true, isDamaged: true, hasGap: true });
    expect(decideDirectory({ ...facts, checkpoint: "damaged" }).label).toBe("newer format");
  });
});

describe("the table of programs", () => {
  test("has these cases in this order, so that a case is added to the tests as well", () => {
    expect(programCases.map(({ label }) => label)).toEqual(programs.map(([label]) => label));
  });

  test.each(programs)("chooses %s, which is %s", (label, outcome, facts) => {
    const decision = decideProgram(facts);
    expect([decision.label, decision.code ?? decision.course]).toEqual([label, outcome]);
  });

  test("names another application before all that follows from it", () => {
    const stranger: ProgramFacts = {
      sameApplication: false,
      sameInterval: false,
      statesSettled: false,
      windowsCarried: false,
      partitions: "changed",
      graph: "refused",
      pendingBatches: 3,
      completedBatches: 0,
    };
    expect(decideProgram(stranger).label).toBe("other application");
  });
});

/** Every combination of what can be found in a directory. */
function* allDirectoryFacts(): Generator<DirectoryFacts> {
  const names = Object.keys(soundJournal) as (keyof JournalFacts)[];
  for (let bits = 0; bits < 2 ** names.length; bits += 1) {
    const flags = names.map((name, index) => [name, (bits >> index) % 2 === 1] as const);
    const journal = Object.fromEntries(flags) as unknown as JournalFacts;
    // Data lie in segments.
    if (journal.hasData && !journal.hasSegments) continue;
    for (const checkpoint of ["none", "read", "damaged", "newer format"] as const) {
      for (const newestEpoch of [0, 2]) {
        for (const hasForeignNames of [false, true]) {
          for (const writtenEpoch of [0, 2, 3]) {
            yield { newestEpoch, writtenEpoch, hasForeignNames, checkpoint, journal };
          }
        }
      }
    }
  }
}
