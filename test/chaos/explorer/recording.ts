/**
 * Owns: lives that are recorded call by call, and the life that goes on from a disk that one of them left.
 * A life that has gone on is a recording as well, so that a crash can come behind a crash.
 */
import { messageOf } from "../../../src/base/index.ts";
import { StreamError } from "../../../src/index.ts";
import { SimulatedDisk } from "../../support/simulated-disk.ts";
import type { CountedCall } from "../../support/simulated-files.ts";
import { problemsOf } from "./oracle.ts";
import { reachabilityProblems } from "./reachability.ts";
import { type Seen, seenBefore } from "./sight.ts";
import {
  batchIntervalMs,
  firstStartMs,
  type LifeScript,
  pass,
  type Step,
  type Workload,
} from "./workload.ts";
import { type LifeOptions, WorkloadLife } from "./workload-life.ts";

/** A life that has ended, and what the world had seen before it. */
export interface Recording {
  readonly workload: Workload;
  readonly past: readonly Seen[];
  readonly life: WorkloadLife;
  readonly script: LifeScript;
  /** What the disk was at its start, and the wall clock. */
  readonly begin: Pick<LifeOptions, "disk" | "startMs" | "fed" | "syncTurns">;
}

type Fault = NonNullable<LifeOptions["fault"]>;

export interface RecordOptions {
  /** Sees each call of the file port while it is made. */
  readonly watch?: (call: CountedCall) => void;
  readonly syncTurns?: number;
  /** Whether there may be files that nobody can read and no start needs; they stay as evidence. */
  readonly isDamaged?: boolean;
}

/** What a directory holds at the end is looked at after crashes before every so many calls. */
const reachabilityStride = 6;
/** How long an application is down, in turns. */
const downtimesMs = [2300, 400, 1100, 100, 4700];

/** A workload does wrong without any fault. */
export class WrongByItself extends Error {
  readonly problems: readonly string[];

  constructor({ name }: Workload, problems: readonly string[]) {
    super(`${name} does wrong without any fault: ${problems.join("; ")}`);
    this.problems = problems;
  }
}

/** The lives of a workload, each to its graceful end. Rejects with `WrongByItself`. */
export async function record(
  workload: Workload,
  options: RecordOptions = {},
): Promise<readonly Recording[]> {
  const recordings: Recording[] = [];
  for (const script of workload.lives) {
    const last = recordings.at(-1);
    const begin = {
      disk: last?.life.files.disk.clone() ?? new SimulatedDisk(),
      startMs: last === undefined ? firstStartMs : last.life.clock.now() + 1500,
      fed: last?.life.fedBefore(Number.POSITIVE_INFINITY) ?? new Map(),
      ...turnsOf(options),
    };
    const past = last === undefined ? [] : [...last.past, last.life.sights];
    const life = lifeOf({ workload, script, past, begin }, watching(options));
    const failure = await failureOf(workload, life, script.steps);
    if (failure !== undefined) throw new WrongByItself(workload, [messageOf(failure)]);
    recordings.push({ workload, past, life, script, begin });
  }
  const last = recordings.at(-1);
  if (last === undefined) throw new Error(`${workload.name} has no lives`);
  const problems = judge(last);
  if (problems.length > 0) throw new WrongByItself(workload, problems);
  return recordings;
}

/** What is wrong with a life that has ended gracefully, and all before it. */
export function judge({ life, past, workload }: Recording): string[] {
  const fed = [...life.fedBefore(Number.POSITIVE_INFINITY)].map(
    ([source, records]): [string, string[]] => [source, records.map(({ record }) => record)],
  );
  return problemsOf(workload, [...past, life.sights], new Map(fed));
}

export interface Recovered {
  readonly recording: Recording;
  readonly problems: readonly string[];
  /** What its start, its run or its end rejected with. */
  readonly failure: unknown;
}

/**
 * Lives on from what a crash before a call left on the disk. That it must come up, and end, is for the caller to say: after
 * damage it may refuse.
 */
export async function recover(
  recording: Recording,
  call: number,
  disk: SimulatedDisk,
  options: RecordOptions = {},
): Promise<Recovered> {
  const { life, past, workload } = recording;
  const diedMs = life.timesMs[call] ?? life.clock.now();
  const script = {
    version: workload.lives.at(-1)?.version ?? 1,
    steps: afterwards(workload.afterwards, call),
  };
  const next: Omit<Recording, "life"> = {
    workload,
    past: [...past, seenBefore(life.sights, call)],
    script,
    begin: {
      disk,
      startMs: diedMs + (downtimesMs[call % downtimesMs.length] ?? 0),
      fed: life.fedBefore(call),
      ...turnsOf(options),
    },
  };
  const nextLife = lifeOf(next, watching(options));
  const recovered = { ...next, life: nextLife };
  const failure = await failureOf(workload, nextLife, script.steps);
  if (failure !== undefined) return { recording: recovered, problems: [], failure };
  const problems = judge(recovered);
  if (call % reachabilityStride === 0 && options.isDamaged !== true) {
    problems.push(...(await reachabilityProblems(nextLife.files.disk)));
  }
  return { recording: recovered, problems, failure };
}

/** The same life again, on a disk that fails. It ends in one way or the other. */
export async function failing(
  recording: Recording,
  fault: Fault,
): Promise<{ readonly recording: Recording; readonly failure: unknown }> {
  const life = lifeOf(recording, fault);
  const failure = await failureOf(recording.workload, life, recording.script.steps);
  return { recording: { ...recording, life }, failure };
}

/** Lives to the graceful end, or lets go of what failed on the way. */
async function failureOf(
  workload: Workload,
  life: WorkloadLife,
  steps: readonly Step[],
): Promise<unknown> {
  try {
    await liveOn(workload, life, steps);
    return undefined;
  } catch (error) {
    await life.die();
    return error;
  }
}

async function liveOn(
  workload: Workload,
  life: WorkloadLife,
  steps: readonly Step[],
): Promise<void> {
  await life.start();
  await life.run(steps);
  // What landed after the last batch is left to the next life by a graceful stop.
  if (Object.values(workload.sources).includes("files")) await life.run([pass(batchIntervalMs)]);
  await life.stop();
}

/** Whether an error is one that a user is to see, of any kind or of one. */
export function isCoded(error: unknown, kind?: StreamError["kind"]): boolean {
  if (!(error instanceof StreamError) || error.kind === "bug") return false;
  return kind === undefined || error.kind === kind || isCoded(error.cause, kind);
}

function watching({ watch }: RecordOptions): Fault | undefined {
  if (watch === undefined) return undefined;
  return (call) => {
    watch(call);
    return undefined;
  };
}

function turnsOf({ syncTurns }: RecordOptions): Pick<LifeOptions, "syncTurns"> {
  return syncTurns === undefined ? {} : { syncTurns };
}

function lifeOf(
  { begin, past, script, workload }: Omit<Recording, "life">,
  fault?: Fault,
): WorkloadLife {
  return new WorkloadLife({
    workload,
    version: script.version,
    number: past.length,
    ...begin,
    ...(fault === undefined ? {} : { fault }),
  });
}

/** After every third call a life that is shorter, and after some a longer one. */
function afterwards(steps: readonly Step[], call: number): readonly Step[] {
  if (call % 3 === 0) return steps.filter(({ does }) => does === "receive");
  return call % 7 === 0 ? [...steps, { does: "pass", ms: 3000 }] : steps;
}
