/**
 * Owns: workloads that differ from a given one in their script alone: with other steps, drawn by a seed, or with fewer.
 * Does not own: which of the smaller ones is wanted (shrink.ts).
 */
import { type Random, seededRandom } from "../../../src/base/index.ts";
import { type LifeScript, pass, type Step, type Workload } from "./workload.ts";

/** Another script with the same records in another order and number, other pauses, and as many lives or more. */
export function varied(workload: Workload, seed: number): Workload {
  const random = seededRandom("script", workload.name, seed);
  const steps = workload.lives
    .flatMap((life) => life.steps)
    .filter(({ does }) => does === "receive");
  const versions = workload.lives.map(({ version }) => version);
  const last = versions.at(-1) ?? 1;
  const more = Array.from({ length: random.nextInt(0, 2) }, () => last);
  const lives = [...versions, ...more].map(
    (version): LifeScript => ({
      version,
      steps: drawnSteps(steps, random.nextInt(1, 9), random),
    }),
  );
  return { ...workload, lives, afterwards: drawnSteps(steps, random.nextInt(1, 4), random) };
}

function drawnSteps(from: readonly Step[], count: number, random: Random): Step[] {
  const drawn: Step[] = [];
  for (let index = 0; index < count; index += 1) {
    const step = from[random.nextInt(0, from.length - 1)];
    if (step !== undefined) drawn.push(step);
    if (random.nextInt(0, 3) === 0) drawn.push(pass(random.nextInt(1, 25) * 100));
  }
  return drawn;
}

/** The workload without these steps, given as `<life>.<step>`. */
export function withoutSteps(workload: Workload, without: readonly string[]): Workload {
  if (without.length === 0) return workload;
  const left = new Set(without);
  const lives = workload.lives.map((life, number) => ({
    ...life,
    steps: life.steps.filter((_, step) => !left.has(`${number}.${step}`)),
  }));
  return { ...workload, lives };
}

/** The names of all steps, as they can be left out. */
export function stepNames({ lives }: Workload): string[] {
  return lives.flatMap(({ steps }, life) => steps.map((_, step) => `${life}.${step}`));
}
