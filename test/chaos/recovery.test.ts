/**
 * An application on a simulated disk that is killed, or cut off from power, at each call that it makes of its disk, and then
 * goes on from what that left.
 */
import { afterEach, describe, expect, test } from "vitest";
import type { ProcessIdentity } from "../../src/base/index.ts";
import { StreamingContext } from "../../src/index.ts";
import { ManualClock } from "../../src/testing/index.ts";
import { SimulatedDisk } from "../support/simulated-disk.ts";
import { SimulatedFiles } from "../support/simulated-files.ts";
import { counting, everything, Life, type LifeOptions, type Program } from "./application-life.ts";
import { problemsOf, type Seen, seenBefore } from "./application-oracle.ts";

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
): SimulatedLife {
  const clock = new ManualClock(options.startMs);
  const timesMs: number[] = [];
  const files = new SimulatedFiles({
    disk,
    now: () => clock.now(),
    fault: () => {
      timesMs.push(clock.now());
      return undefined;
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
async function firstLife(program: Program): Promise<SimulatedLife> {
  const first = onDisk(new SimulatedDisk(), { program, startMs: 10_000 });
  await first.life.start();
  await first.life.receive(words);
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

describe("an application that is killed", () => {
  test("does the same as one that is not", async () => {
    const { life } = await firstLife(everything);
    expect(problemsOf([life.sights], words, names.get(everything) ?? [])).toEqual([]);
    expect(life.log.filter((line) => !line.startsWith("info"))).toEqual([]);
  });

  test("goes on from wherever it was, with each record once", async () => {
    const first = await firstLife(counting);
    const problems: string[] = [];
    let count = 0;
    const begunMs = performance.now();
    const seen = new Set<string>();
    for (const call of first.files.points()) {
      const killed = first.files.diskBefore(call);
      for (const [crash, disk] of [
        ["killed", killed],
        ["without power", killed.afterPowerLoss()],
      ] as const) {
        const digest = disk.digest();
        if (seen.has(digest)) continue;
        seen.add(digest);
        count += 1;
        const found = await problemsAfter(first, call, disk, counting);
        const next = first.files.calls[call];
        const where = `${crash} before call ${call} (${next?.does ?? "end"} ${next?.path ?? ""})`;
        problems.push(...found.map((problem) => `${where}: ${problem}`));
      }
      if (problems.length > 20) break;
    }
    console.log(
      `recovery: ${count} disks of ${first.files.calls.length} calls in ${Math.round(performance.now() - begunMs)} ms`,
    );
    expect(problems).toEqual([]);
  }, 300_000);
});
