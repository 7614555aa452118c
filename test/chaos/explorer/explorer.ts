/**
 * Owns: going through what can happen to a workload: crashes at every call, crashes of what goes on, calls that fail, files
 * that are damaged. Each is a probe.
 * Does not own: what has to hold (oracle.ts), how much of it is done where (budget of the caller).
 *
 * I5 a crash is always survived; damage is survived, or refused by an error of the kind `data`; a failing call ends a life with
 * a coded error or not at all. I6 whatever starts comes to its end within a bounded virtual time.
 */
import { messageOf, seededRandom } from "../../../src/base/index.ts";
import { StreamError } from "../../../src/index.ts";
import { damaged } from "./damage.ts";
import { faultAt, faultNames } from "./faults.ts";
import { type Image, imageAt, imageNames, imagesOf } from "./image.ts";
import { type Probe, type ProbePoint, probeText } from "./probe.ts";
import { failing, isCoded, type Recording, record, recover } from "./recording.ts";
import { Report } from "./report.ts";
import type { Workload } from "./workload.ts";

export interface ExplorerOptions {
  readonly workload: Workload;
  /** The seed of its script, where that was drawn. */
  readonly variation?: number;
  /** Steps that the workload was made without. */
  readonly without?: readonly string[];
  /** Whether the first violation ends it. */
  readonly untilFinding?: boolean;
  /** Whether there is time left. */
  readonly isOver?: () => boolean;
}

/** How far behind the start of a life that goes on it is killed again. */
const callsBehindStart = 15;

export class Explorer {
  readonly report = new Report();
  readonly #options: ExplorerOptions;
  readonly #recordings: readonly Recording[];

  private constructor(options: ExplorerOptions, recordings: readonly Recording[]) {
    this.#options = options;
    this.#recordings = recordings;
  }

  /** Records the workload. Rejects where it does wrong without any fault. */
  static async of(options: ExplorerOptions): Promise<Explorer> {
    return new Explorer(options, await record(options.workload));
  }

  get recordings(): readonly Recording[] {
    return this.#recordings;
  }

  /** Crashes at each call of each life, until there are that many different disks. */
  async crashes({
    count,
    seeds,
  }: {
    readonly count: number;
    readonly seeds: number;
  }): Promise<void> {
    for (const [life, recording] of this.#recordings.entries()) {
      for (const image of imagesOf(recording, { seeds })) {
        if (this.#isOver || this.report.images.size >= count) return;
        const point = { call: image.call, image: image.name };
        await this.#crash(recording, image, this.#probe(life, [point]));
      }
    }
  }

  /** Crashes of lives that go on after one, until there are that many different disks in all. */
  async nestedCrashes({
    count,
    stride,
  }: {
    readonly count: number;
    readonly stride: number;
  }): Promise<void> {
    for (let offset = Math.floor(stride / 2); offset < stride * 2; offset += 1) {
      for (const [life, recording] of this.#recordings.entries()) {
        for (let call = offset; call < recording.life.files.calls.length; call += stride) {
          if (this.#isOver || this.report.images.size >= count) return;
          await this.#crashTwice(life, recording, call);
        }
      }
    }
  }

  /** Each fault that each call can have, or that many of them, spread evenly. */
  async errors({ count }: { readonly count: number }): Promise<void> {
    const all = this.#recordings.flatMap((recording, life) =>
      recording.life.files.calls.flatMap(({ does, index }) =>
        faultNames(does).map((fault) => ({ life, call: index, fault })),
      ),
    );
    const step = Math.max(1, all.length / count);
    for (let at = 0; Math.floor(at) < all.length; at += step) {
      if (this.#isOver) return;
      const chosen = all[Math.floor(at)];
      if (chosen === undefined) return;
      const image = imageNames(1)[this.report.errors % 3] ?? "kill";
      const { life, ...point } = chosen;
      await this.probe({ ...this.#head, life, points: [{ ...point, image }] });
    }
  }

  /** That many damaged disks, most of them of lives that have ended. */
  async corruptions({
    count,
    seed,
  }: {
    readonly count: number;
    readonly seed: number;
  }): Promise<void> {
    for (let number = 0; number < count && !this.#isOver; number += 1) {
      const damage = seed * 1_000_000 + number;
      const random = seededRandom("place", damage);
      const life = random.nextInt(0, this.#recordings.length - 1);
      const calls = this.#recordings[life]?.life.files.calls.length ?? 0;
      const call = number % 2 === 0 ? calls : random.nextInt(Math.floor(calls / 4), calls);
      await this.probe({ ...this.#head, life, points: [{ call, image: "kill", damage }] });
    }
  }

  /** Looks at one probe, and notes what is wrong. */
  async probe(probe: Probe): Promise<void> {
    let recording = this.#recordings[probe.life];
    for (const [index, point] of probe.points.entries()) {
      if (recording === undefined) throw new Error(`there is no life ${probe.life}`);
      const isLast = index === probe.points.length - 1;
      const next = await this.#point(recording, point, isLast ? probe : undefined);
      if (next === undefined) return;
      recording = next;
    }
  }

  /** The life that goes on from a point, judged where it is the last one of its probe. */
  async #point(
    recording: Recording,
    point: ProbePoint,
    probe: Probe | undefined,
  ): Promise<Recording | undefined> {
    let failed = recording;
    let { call } = point;
    if (point.fault !== undefined) {
      const { failure, recording: life } = await failing(recording, faultAt(call, point.fault));
      this.report.errors += 1;
      if (failure !== undefined && !isCoded(failure)) {
        this.#find(probe, [`the fault shows itself as ${textOf(failure)}`]);
      }
      failed = life;
      call = life.life.files.calls.length;
    }
    const image = imageAt(failed, call, point.image);
    if (image === undefined) return undefined;
    if (point.damage === undefined) return this.#crash(failed, image, probe);
    return this.#corrupt(failed, image, { damage: point.damage, probe });
  }

  async #crash(
    recording: Recording,
    image: Image,
    probe: Probe | undefined,
  ): Promise<Recording | undefined> {
    this.#count(image);
    this.report.recoveries += 1;
    const { failure, problems, recording: next } = await recover(recording, image.call, image.disk);
    const isUp = failure === undefined;
    this.#find(probe, isUp ? problems : [`it does not go on: ${textOf(failure)}`]);
    return isUp ? next : undefined;
  }

  async #corrupt(
    recording: Recording,
    image: Image,
    { damage, probe }: { readonly damage: number; readonly probe: Probe | undefined },
  ): Promise<Recording | undefined> {
    const harm = damaged(image.disk, damage);
    if (harm === undefined) return undefined;
    this.report.corruptions += 1;
    const recovered = await recover(recording, image.call, harm.disk, { isDamaged: true });
    const { failure, problems, recording: next } = recovered;
    if (failure === undefined) {
      this.#find(
        probe,
        problems.map((problem) => `${harm.what}: ${problem}`),
      );
      return next;
    }
    if (isCoded(failure, "data")) {
      const { code } = failure as StreamError;
      this.report.refusals.set(code, (this.report.refusals.get(code) ?? 0) + 1);
    } else this.#find(probe, [`${harm.what}: ${textOf(failure)}`]);
    return undefined;
  }

  async #crashTwice(life: number, recording: Recording, call: number): Promise<void> {
    const name = call % 2 === 0 ? "kill" : "synced";
    const image = imageAt(recording, call, name);
    if (image === undefined) return;
    const first = { call, image: name };
    const next = await this.#crash(recording, image, this.#probe(life, [first]));
    if (next === undefined) return;
    const untilCall = next.life.startedCall + callsBehindStart;
    for (const again of imagesOf(next, { seeds: 2, untilCall })) {
      if (this.#isOver) return;
      this.report.nested += 1;
      const second = { call: again.call, image: again.name };
      await this.#crash(next, again, this.#probe(life, [first, second]));
    }
  }

  get #isOver(): boolean {
    const { isOver, untilFinding } = this.#options;
    return (untilFinding === true && this.report.findings.length > 0) || (isOver?.() ?? false);
  }

  get #head(): Pick<Probe, "workload" | "variation" | "without"> {
    const { variation, without = [], workload } = this.#options;
    const drawn = variation === undefined ? {} : { variation };
    return { workload: workload.name, ...drawn, without };
  }

  #probe(life: number, points: readonly ProbePoint[]): Probe {
    return { ...this.#head, life, points };
  }

  #count({ disk }: Image): void {
    if (disk.files().size > 0) this.report.images.add(disk.contentDigest());
  }

  #find(probe: Probe | undefined, problems: readonly string[]): void {
    if (probe === undefined || problems.length === 0) return;
    this.report.findings.push({ probe: probeText(probe), problems });
  }
}

function textOf(error: unknown): string {
  const cause =
    error instanceof StreamError && error.cause !== undefined
      ? `, by ${messageOf(error.cause)}`
      : "";
  return `${messageOf(error)}${cause}`;
}
