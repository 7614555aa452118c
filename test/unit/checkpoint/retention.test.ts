/** What of a store is needed, and what is garbage. */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  type CheckpointBlock,
  checkpointName,
  checkpointsKept,
  type KeptCheckpoint,
  newestCheckpoints,
  type RetentionFacts,
  retentionOf,
  type StateSnapshotRef,
  stateSnapshotName,
} from "../../../src/checkpoint/index.ts";
import { blockName, epochName, journalName as journal, mirrorName } from "./log-names.ts";

const segment = (n: number, epoch = 2, writer = "driver"): string => blockName(n, epoch, writer);
const state = (versionMs: number, epoch = 2): string =>
  stateSnapshotName({ operatorUid: "sums", versionMs, epoch });
const named = (number: number, epoch = 2, timeMs = number * 1000): string =>
  checkpointName({ timeMs, epoch, number });

function block(name: string | undefined): CheckpointBlock {
  const base: CheckpointBlock = {
    id: `of ${name}`,
    streamUid: "in",
    recordCount: 1,
    receiverStart: 1,
    form: "records",
  };
  if (name === undefined) return base;
  return { ...base, location: { segment: name, offset: 0, length: 1, checksum: 0 } };
}

function snapshot(name: string): StateSnapshotRef {
  return {
    operatorUid: "sums",
    versionMs: 1000,
    baseVersionMs: null,
    stateVersion: 1,
    codecId: "value",
    sha256: "",
    entryCount: 0,
    byteCount: 0,
    name,
  };
}

function kept(
  name: string,
  journalName: string,
  parts: { segments?: readonly string[]; states?: readonly string[] } = {},
): KeptCheckpoint {
  const { segments = [], states = [] } = parts;
  return {
    name,
    checkpoint: {
      blocks: [block(undefined), ...segments.map(block)],
      snapshots: states.map(snapshot),
      journal: { segment: journalName, offset: 0, sequence: 0 },
    },
  };
}

const facts = (parts: Partial<RetentionFacts> = {}): RetentionFacts => ({
  epoch: 2,
  kept: [kept(named(3), journal(7), { segments: [segment(4)], states: [state(3000)] })],
  inUse: new Set(),
  openLogs: [{ log: "blocks/0000000002-driver", firstSegment: 6 }],
  ...parts,
});

const garbageOf = (names: readonly string[], parts: Partial<RetentionFacts> = {}) =>
  retentionOf(names, facts(parts)).garbage;

describe("a name is reachable", () => {
  test("when a kept checkpoint refers to it: itself, its snapshots, the segments of its blocks", () => {
    expect(garbageOf([named(3), state(3000), segment(4)])).toEqual([]);
    expect(garbageOf([named(2), state(2000), segment(3), segment(5)])).toEqual([
      named(2),
      state(2000),
      segment(3),
      segment(5),
    ]);
  });

  test("when the events behind the newest checkpoint refer to it, or it is being written", () => {
    const inUse = new Set([segment(5), state(4000), named(4), segment(1, 1)]);
    expect(garbageOf([...inUse], { inUse })).toEqual([]);
    expect(garbageOf([...inUse])).toEqual([...inUse]);
  });

  test("when it is a segment of the journal from the oldest kept checkpoint on, in either copy", () => {
    const two = [kept(named(3), journal(7)), kept(named(2), journal(5))];
    const names = [4, 5, 6, 7, 8].flatMap((n) => [
      journal(n),
      mirrorName(n),
      `${journal(n)}.repaired-0001`,
    ]);
    expect(garbageOf(names, { kept: two })).toEqual(names.slice(0, 3));
  });

  test("when it is a segment of a log that may yet get, or has, what nobody refers to", () => {
    expect(garbageOf([segment(5), segment(6), segment(7)])).toEqual([segment(5)]);
    // A log of this epoch that nobody told of is somebody's; one of an earlier epoch is sealed.
    expect(garbageOf([segment(1, 2, "worker")])).toEqual([]);
    expect(garbageOf([segment(6, 1)])).toEqual([segment(6, 1)]);
  });

  test("when it is a repaired copy of a segment that is", () => {
    const copies = [`${segment(4)}.repaired-0001`, `${segment(3)}.repaired-0001`];
    expect(garbageOf(copies)).toEqual([`${segment(3)}.repaired-0001`]);
  });

  test("when a driver of a later epoch wrote it", () => {
    const later = [named(1, 3), state(1, 3), segment(1, 3)];
    expect(garbageOf(later)).toEqual([]);
  });

  test("when it is an epoch record or the lock, for ever", () => {
    expect(garbageOf([epochName(1), epochName(2), "lock/LOCK", "lock/000003.log"])).toEqual([]);
  });

  test("as long as there is no checkpoint, whatever it is", () => {
    expect(garbageOf([named(2), state(1), segment(1, 1), journal(1)], { kept: [] })).toEqual([]);
  });

  test("and is left alone and told when it is not Millrace's", () => {
    const names = ["README", "state/sums/notes.txt", "checkpoints/1", "blocks/a"];
    expect(retentionOf(names, facts())).toEqual({ reachable: [], garbage: [], unknown: names });
  });
});

describe("the newest checkpoints", () => {
  test("are those that were written last, whatever batch they are of", () => {
    // SPARK-11740: one that was taken later, of an older batch, must not count as old.
    const names = [
      named(5, 1, 90_000),
      named(1, 2, 80_000),
      named(2, 2, 70_000),
      named(9, 1, 1000),
      "journal/0000000001-0000000001",
    ];
    expect(newestCheckpoints(names)).toEqual([
      named(2, 2, 70_000),
      named(1, 2, 80_000),
      named(9, 1, 1000),
    ]);
    expect(newestCheckpoints(names, 1)).toEqual([named(2, 2, 70_000)]);
    expect(newestCheckpoints([])).toEqual([]);
  });
});

/** A driver that writes, checkpoints, cleans, crashes and starts again, with a store that is a set of names. */
class ModelDriver {
  readonly store = new Set<string>(["README", "lock/LOCK"]);
  /** Newest first; what the journal knows of. */
  kept: (KeptCheckpoint & { readonly needs: ReadonlySet<string> })[] = [];
  /** What is needed now: segments of blocks, and snapshots. */
  needs = new Set<string>();
  epoch = 0;
  #segment = 0;
  #journal = 0;
  #number = 0;
  #versionMs = 0;
  #inFlight: string | undefined;

  start(): void {
    this.epoch += 1;
    this.#number = 0;
    this.#inFlight = undefined;
    this.store.add(epochName(this.epoch));
    this.#segment = 1;
    this.rollJournal();
    this.store.add(segment(this.#segment, this.epoch));
  }

  rollJournal(): void {
    this.#journal += 1;
    this.store.add(journal(this.#journal));
    this.store.add(mirrorName(this.#journal));
  }

  addBlock(): void {
    this.needs.add(segment(this.#segment, this.epoch));
  }

  rollSegment(): void {
    this.#segment += 1;
    this.store.add(segment(this.#segment, this.epoch));
  }

  /** Begins a snapshot; it counts when it is done. */
  beginSnapshot(): void {
    if (this.#inFlight !== undefined) return;
    this.#versionMs += 1000;
    this.#inFlight = state(this.#versionMs, this.epoch);
    this.store.add(this.#inFlight);
  }

  /** With a new snapshot those before it, and the batches that it holds, are needed no more. */
  endSnapshot(): void {
    if (this.#inFlight === undefined) return;
    this.needs = new Set([this.#inFlight]);
    this.#inFlight = undefined;
  }

  /** Writes one that the journal never hears of. */
  loseCheckpoint(): void {
    this.#number += 1;
    this.store.add(named(this.#number, this.epoch, this.#versionMs));
  }

  checkpoint(): void {
    this.#number += 1;
    const name = named(this.#number, this.epoch, this.#versionMs);
    this.store.add(name);
    const states = [...this.needs].filter((need) => need.startsWith("state/"));
    const segments = [...this.needs].filter((need) => need.startsWith("blocks/"));
    const made = kept(name, journal(this.#journal), { states, segments });
    const needs = new Set([name, ...this.needs, journal(this.#journal)]);
    this.kept = [{ ...made, needs }, ...this.kept].slice(0, checkpointsKept);
  }

  clean(): readonly string[] {
    const inUse = new Set(this.needs);
    if (this.#inFlight !== undefined) inUse.add(this.#inFlight);
    const openLogs = [
      { log: segment(1, this.epoch).replace(/-\d+$/, ""), firstSegment: this.#segment },
    ];
    const { kept: keptNow, epoch } = this;
    const { garbage } = retentionOf(this.store, { epoch, kept: keptNow, inUse, openLogs });
    for (const name of garbage) this.store.delete(name);
    return garbage;
  }

  /** All that may be asked for: by a recovery from any kept checkpoint, or by the driver as it is. */
  needed(): ReadonlySet<string> {
    const names = new Set(["README", "lock/LOCK", ...this.needs]);
    for (let epoch = 1; epoch <= this.epoch; epoch += 1) names.add(epochName(epoch));
    for (const { needs } of this.kept) for (const need of needs) names.add(need);
    names.add(segment(this.#segment, this.epoch));
    if (this.#inFlight !== undefined) names.add(this.#inFlight);
    return names;
  }

  /** The first segment of the journal that a recovery reads. */
  firstJournal(): number {
    const oldest = this.kept.at(-1);
    return oldest === undefined ? 0 : Number(oldest.checkpoint.journal.segment.slice(8, 18));
  }
}

type Step = Exclude<
  keyof ModelDriver,
  "store" | "kept" | "needs" | "epoch" | "needed" | "firstJournal"
>;

const steps: readonly Step[] = [
  "addBlock",
  "addBlock",
  "rollSegment",
  "rollJournal",
  "beginSnapshot",
  "endSnapshot",
  "checkpoint",
  "checkpoint",
  "loseCheckpoint",
  "clean",
  "start",
];

describe("14: whatever a driver does, and however often it crashes", () => {
  const lives = fc.array(fc.constantFrom(...steps), { maxLength: 80 });

  test("nothing that is reachable is ever deleted", () => {
    fc.assert(
      fc.property(lives, (life) => {
        const driver = new ModelDriver();
        driver.start();
        for (const step of life) {
          driver[step]();
          for (const name of driver.needed()) expect(driver.store).toContain(name);
        }
      }),
      { numRuns: 200 },
    );
  });

  test("nothing that is unreachable stays after it was cleaned", () => {
    fc.assert(
      fc.property(lives, (life) => {
        const driver = new ModelDriver();
        driver.start();
        for (const step of life) driver[step]();
        driver.checkpoint();
        driver.clean();
        const needed = driver.needed();
        for (const name of driver.store) {
          const isJournal = name.startsWith("journal");
          if (isJournal)
            expect(Number(name.split("/")[1]?.slice(0, 10))).toBeGreaterThanOrEqual(
              driver.firstJournal(),
            );
          else expect(needed).toContain(name);
        }
        expect(driver.clean()).toEqual([]);
      }),
      { numRuns: 200 },
    );
  });

  test("the store does not grow with its age", () => {
    const driver = new ModelDriver();
    driver.start();
    const sizes: number[] = [];
    for (let round = 0; round < 300; round += 1) {
      for (const step of steps) if (step !== "start") driver[step]();
      driver.clean();
      sizes.push(driver.store.size);
    }
    expect(Math.max(...sizes)).toBeLessThan(25);
  });
});
