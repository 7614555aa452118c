/**
 * An application on a simulated disk that is killed, or cut off from power, at each call that it makes of its disk, and then
 * goes on from what that left.
 */
import { mkdtemp, rm, utimes, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, describe, expect, onTestFinished, test } from "vitest";
import { messageOf, type ProcessIdentity } from "../../src/base/index.ts";
import {
  StreamError,
  StreamingContext,
  type StreamingContextOptions,
  seconds,
} from "../../src/index.ts";
import { ManualClock } from "../../src/testing/index.ts";
import { SimulatedDisk } from "../support/simulated-disk.ts";
import {
  type CountedCall,
  type FileFault,
  failingAt,
  SimulatedFiles,
} from "../support/simulated-files.ts";
import { counting, everything, Life, type LifeOptions, type Program } from "./application-life.ts";
import { gridTimes, problemsOf, type Seen, seenBefore } from "./application-oracle.ts";

afterEach(async () => {
  await StreamingContext.getActive()?.destroy();
});

const address = "file:/var/app/ckpt";
const names: ReadonlyMap<Program, readonly string[]> = new Map([
  [counting, ["batch", "counts"]],
  [everything, ["batch", "counts", "window", "recent", "sessions"]],
]);

let livesBegun = 0;

interface SimulatedLife {
  readonly life: Life;
  readonly files: SimulatedFiles;
  /** The wall clock at each call. */
  readonly timesMs: number[];
}

/** A life on a disk that is simulated. */
function onDisk(
  disk: SimulatedDisk,
  options: Pick<LifeOptions, "program" | "startMs" | "records" | "context">,
  fault: (call: CountedCall) => FileFault | undefined = () => undefined,
): SimulatedLife {
  const clock = new ManualClock(options.startMs);
  const timesMs: number[] = [];
  const files = new SimulatedFiles({
    disk,
    now: () => clock.now(),
    fault: (call) => {
      timesMs.push(clock.now());
      return fault(call);
    },
  });
  const number = livesBegun++;
  let given = 0;
  const process: ProcessIdentity = {
    host: "here",
    pid: number,
    life: `life${number}`,
    nextNumber: () => given++,
    isRunning: () => false,
  };
  const life = new Life({
    ...options,
    clock,
    address,
    call: () => files.calls.length,
    directory: { lock: "none", store: { local: { files, clock, process } } },
  });
  return { life, files, timesMs };
}

const words = ["to", "be", "or", "not", "to", "be", "that", "is", "to", "be", "the", "question"];

/** A first life of some batches, to its graceful end. */
async function firstLife(
  program: Program,
  records: readonly string[] = words,
): Promise<SimulatedLife> {
  const first = onDisk(new SimulatedDisk(), { program, startMs: 10_000 });
  await first.life.start();
  await first.life.receive(records);
  await first.life.stop();
  return first;
}

const laterWords = ["whether", "tis", "to", "be"];

/** The life after one that ended before that call, with what had come by then; it receives more and stops. */
function lifeAfter(
  first: SimulatedLife,
  call: number,
  disk: SimulatedDisk,
  program: Program,
): SimulatedLife {
  const records = first.life.feed.records
    .filter((each) => each.call <= call)
    .map(({ record }) => record);
  const startMs = (first.timesMs[call] ?? first.life.clock.now()) + 2300;
  return onDisk(disk, { program, startMs, records });
}

async function liveOn(later: SimulatedLife): Promise<readonly string[]> {
  await later.life.start();
  await later.life.receive(laterWords);
  await later.life.clock.advance(3000);
  await later.life.stop();
  return later.life.feed.records.map(({ record }) => record);
}

async function problemsAfter(
  first: SimulatedLife,
  call: number,
  disk: SimulatedDisk,
  program: Program,
): Promise<string[]> {
  const later = lifeAfter(first, call, disk, program);
  const seen: Seen[] = [seenBefore(first.life.sights, call), later.life.sights];
  try {
    const records = await liveOn(later);
    return problemsOf(seen, records, names.get(program) ?? []);
  } catch (error) {
    await later.life.die().catch(() => {});
    return [`it does not start: ${String(error)}`, ...later.life.log.slice(-3)];
  }
}

/** What a crash before a call leaves: with all that was written, and with what was synced alone. */
function disksBefore(
  files: SimulatedFiles,
  call: number,
): readonly (readonly [string, SimulatedDisk])[] {
  const killed = files.diskBefore(call);
  return [
    ["killed", killed],
    ["without power", killed.afterPowerLoss()],
  ];
}

/** What is wrong after crashes at every `step`-th different disk, and how many there were. */
async function explore(
  first: SimulatedLife,
  program: Program,
  { from = 0, step }: { readonly from?: number; readonly step: number },
): Promise<{ readonly problems: readonly string[]; readonly count: number }> {
  const problems: string[] = [];
  const seen = new Set<string>();
  let count = 0;
  for (const call of first.files.points()) {
    for (const [crash, disk] of disksBefore(first.files, call)) {
      const digest = disk.digest();
      if (seen.has(digest)) continue;
      seen.add(digest);
      if ((seen.size + from) % step !== 0) continue;
      count += 1;
      const found = await problemsAfter(first, call, disk, program);
      problems.push(...found.map((problem) => `${crash} ${placeOf(first, call)}: ${problem}`));
    }
    if (problems.length > 20) break;
  }
  return { problems, count };
}

function placeOf({ files }: SimulatedLife, call: number): string {
  const next = files.calls[call];
  return `before call ${call} (${next?.does ?? "end"} ${next?.path ?? ""})`;
}

describe("an application that is killed", () => {
  test("does the same as one that is not", async () => {
    const { life } = await firstLife(everything);
    expect(problemsOf([life.sights], words, names.get(everything) ?? [])).toEqual([]);
    expect(life.log.filter((line) => !line.startsWith("info"))).toEqual([]);
  });

  test("rows 1, 2, 4, 10, 11, 13, 34: goes on from every call of its disk, with each record once", async () => {
    const first = await firstLife(counting, words.slice(0, 6));
    const { count, problems } = await explore(first, counting, { step: 1 });
    console.log(`recovery: ${count} disks of ${first.files.calls.length} calls`);
    expect(problems).toEqual([]);
    expect(count).toBeGreaterThanOrEqual(200);
  }, 120_000);

  test("rows 10, 14, 16: goes on with its windows, states and time-outs, which fire once", async () => {
    const first = await firstLife(everything);
    const { count, problems } = await explore(first, everything, { step: 12 });
    expect(problems).toEqual([]);
    expect(count).toBeGreaterThanOrEqual(35);
  }, 120_000);

  test("rows 5, 33: goes on when it is killed while it goes on", async () => {
    const first = await firstLife(everything);
    const problems: string[] = [];
    let count = 0;
    for (const call of [95, 230, 400]) {
      const second = lifeAfter(first, call, first.files.diskBefore(call), everything);
      await liveOn(second);
      for (let again = 3; again < second.files.calls.length; again += again < 130 ? 9 : 60) {
        count += 1;
        const [, disk] = disksBefore(second.files, again)[count % 2] ?? [];
        if (disk === undefined) continue;
        const third = lifeAfter(second, again, disk, everything);
        const seen = [
          seenBefore(first.life.sights, call),
          seenBefore(second.life.sights, again),
          third.life.sights,
        ];
        const found = await liveOn(third).then(
          (records) => problemsOf(seen, records, names.get(everything) ?? []),
          (error: unknown) => [`it does not start: ${String(error)}`],
        );
        await third.life.die();
        const where = `${placeOf(first, call)}, then ${placeOf(second, again)}`;
        problems.push(...found.map((problem) => `${where}: ${problem}`));
      }
    }
    expect(problems).toEqual([]);
    expect(count).toBeGreaterThanOrEqual(40);
  }, 120_000);

  test("row 33: comes up after twenty deaths in a row on its way, and its directory does not grow by them", async () => {
    const first = await firstLife(counting);
    let disk = first.files.diskBefore(300);
    const sizes: number[] = [];
    let last = lifeAfter(first, 300, disk, counting);
    for (let death = 0; death < 20; death += 1) {
      const dying = lifeAfter(first, 300, disk, counting);
      await dying.life.start();
      // Behind its first checkpoint, ahead of its first batch.
      disk = dying.files.disk.clone();
      await dying.life.die();
      sizes.push([...disk.files().values()].reduce((sum, bytes) => sum + bytes.length, 0));
    }
    last = lifeAfter(first, 300, disk, counting);
    const records = await liveOn(last);
    const seen = [seenBefore(first.life.sights, 300), last.life.sights];
    expect(problemsOf(seen, records, ["batch", "counts"])).toEqual([]);
    expect(last.life.log.find((line) => line.includes("epoch"))).toContain("epoch 22");
    expect(sizes.at(-1)).toBeLessThan((sizes[4] ?? 0) * 1.5);
  }, 60_000);
});

describe("an application whose disk fails", () => {
  const faults: readonly (readonly [string, FileFault, number])[] = [
    ["rows 12, 15, 17: a call fails and does nothing", { errno: "EIO" }, 5],
    ["row 18: a write stops half-way on a full disk", { errno: "ENOSPC", effect: "half" }, 6],
    ["row 17: a sync loses what it was to keep", { errno: "EIO", effect: "lost" }, 3],
  ];

  test.each(faults)(
    "%s: it ends or goes on, and the next life has each record once",
    async (_, fault, from) => {
      const records = words.slice(0, 6);
      const healthy = await firstLife(counting, records);
      const problems: string[] = [];
      for (let index = from; index < healthy.files.calls.length; index += 6) {
        const failing = onDisk(
          new SimulatedDisk(),
          { program: counting, startMs: 10_000 },
          failingAt(index, fault),
        );
        const { life } = failing;
        const failure = await life
          .start()
          .then(() => life.receive(records))
          .then(() => life.stop())
          .then(
            () => undefined,
            (error: unknown) => error,
          );
        await life.die();
        const strange = life.log.filter((line) => line.includes("could not let go"));
        if (strange.length > 0) problems.push(`${placeOf(healthy, index)}: ${strange.join("; ")}`);
        const disks = [failing.files.disk.clone(), failing.files.disk.afterPowerLoss()];
        if (!(failure === undefined || failure instanceof StreamError)) {
          problems.push(`${placeOf(healthy, index)}: ${messageOf(failure)}`);
        }
        for (const disk of disks) {
          const found = await problemsAfter(failing, failing.files.calls.length, disk, counting);
          problems.push(...found.map((problem) => `${placeOf(healthy, index)}: ${problem}`));
        }
      }
      expect(problems).toEqual([]);
    },
    120_000,
  );
});

describe("an application that stopped gracefully", () => {
  test("computes nothing again and replays nothing", async () => {
    // Its last batch is not one after which a snapshot is due anyway.
    const first = await firstLife(everything, words.slice(0, 8));
    const second = lifeAfter(first, first.files.calls.length, first.files.disk, everything);
    const records = await liveOn(second);
    expect(second.life.log.slice(0, 6).join("\n")).toContain(
      "same program: 0 completed batches to be computed again for their states, 0 batches to be replayed",
    );
    const seen = [first.life.sights, second.life.sights];
    expect(problemsOf(seen, records, names.get(everything) ?? [])).toEqual([]);
  });
});

describe("an application that was down", () => {
  async function after(context: Partial<StreamingContextOptions>, downMs: number) {
    const first = await firstLife(everything);
    const call = 400;
    const came = first.life.feed.records.filter((each) => each.call <= call);
    const diedMs = first.timesMs[call] ?? 0;
    const second = onDisk(first.files.diskBefore(call), {
      program: everything,
      startMs: diedMs + downMs,
      records: came.map(({ record }) => record),
      context,
    });
    const records = await liveOn(second);
    const seen = [seenBefore(first.life.sights, call), second.life.sights];
    const problems = problemsOf(seen, records, names.get(everything) ?? []);
    const times = [
      ...new Map([...seenBatches(seen[0] ?? []), ...seenBatches(seen[1] ?? [])]).keys(),
    ];
    return { problems, times, diedMs, second };
  }

  const seenBatches = (sights: Seen) =>
    sights.flatMap((sight) =>
      sight.kind === "output" && sight.name === "batch"
        ? [[sight.timeMs, sight.data] as const]
        : [],
    );

  test("has one batch for all of that time, in which overdue time-outs fire once", async () => {
    const { diedMs, problems, times } = await after({}, 60_000);
    expect(problems).toEqual([]);
    expect(times.filter((timeMs) => timeMs > diedMs + 2000 && timeMs < diedMs + 59_000)).toEqual(
      [],
    );
  });

  test("has a batch for each time of it where that is wanted", async () => {
    const { problems, times } = await after({ downtime: "replay" }, 20_000);
    expect(problems).toEqual([]);
    const [firstMs = 0, lastMs = 0] = [times[0], times.at(-1)];
    expect(times).toEqual(gridTimes(firstMs - 1000, lastMs));
  });

  test("has the newest of them where they are too many", async () => {
    const { diedMs, problems, times } = await after(
      { downtime: "replay", downtimeBatchesMax: 5 },
      20_000,
    );
    expect(problems).toEqual([]);
    const missed = times.filter((timeMs) => timeMs > diedMs + 2000 && timeMs < diedMs + 20_000);
    expect(missed).toHaveLength(5);
  });
});

describe("a stream of files", () => {
  test("has each file once, also those that came while the application was down", async () => {
    const inputs = await mkdtemp(join(tmpdir(), "millrace-files-"));
    onTestFinished(() => rm(inputs, { recursive: true, force: true }));
    const land = async (name: string, timeMs: number) => {
      await writeFile(join(inputs, name), `${name}\n`);
      await utimes(join(inputs, name), timeMs / 1000, timeMs / 1000);
    };
    const program: Program = (lines, note, context) => {
      note("batch", lines);
      const files = context.textFileStream(inputs, { bornMs: 9000 });
      note("files", files);
      note("window", files.window(seconds(3)));
    };
    const first = onDisk(new SimulatedDisk(), { program, startMs: 10_000 });
    await first.life.start();
    for (const name of ["a", "b", "c"]) {
      await land(name, first.life.clock.now() + 500);
      await first.life.clock.advance(1000);
    }
    await first.life.die();
    await land("d", first.life.clock.now() + 200);
    await land("e", first.life.clock.now() + 3000);
    const problems: string[] = [];
    for (let call = 60; call < first.files.calls.length; call += 13) {
      const startMs = first.life.clock.now() + 4000;
      const second = onDisk(first.files.diskBefore(call), { program, startMs });
      await second.life.start();
      await second.life.clock.advance(3000);
      await second.life.stop();
      const before = seenBefore(first.life.sights, call);
      const seen = before.flatMap((sight) =>
        sight.kind === "output" && sight.name === "files"
          ? [[sight.timeMs, sight.data] as const]
          : [],
      );
      const again = second.life.outputs("files");
      const all = [...new Map([...seen, ...again])].sort(([a], [b]) => a - b);
      const read = all.flatMap(([, data]) => data);
      const wanted = ["a", "b", "c", "d", "e"].map((name) => JSON.stringify(name));
      if (JSON.stringify(read) !== JSON.stringify(wanted)) {
        problems.push(`${call}: ${JSON.stringify(read)}`);
      }
      for (const sight of before) {
        if (sight.kind !== "output done" || sight.name !== "files") continue;
        if (again.has(sight.timeMs)) problems.push(`${call}: ${sight.timeMs} again`);
      }
    }
    expect(problems).toEqual([]);
  }, 60_000);
});
