/**
 * Owns: the exploration that goes on as long as it is given: `npm run chaos -- --minutes 30 [--seed 7] [--processes 2]`. Every
 * round is a workload with a script of its own seed, in a process of its own. Ends with its figures, in .tmp/chaos/run.json
 * as well; a violation is printed at once, with the line that replays it: `npm run chaos -- --replay '<probe>'`.
 * Does not own: one round (explore.ts).
 */
import { mkdirSync, writeFileSync } from "node:fs";
import { parseArgs } from "node:util";
import { type ExploreReport, exploreInChild, runChild, tellOf } from "./child.ts";
import { workloads } from "./workloads/index.ts";

const { values } = parseArgs({
  options: {
    minutes: { type: "string", default: "10" },
    seed: { type: "string", default: "1" },
    processes: { type: "string", default: "2" },
    replay: { type: "string", multiple: true },
  },
});

if (values.replay !== undefined) {
  const probes = values.replay.flatMap((probe) => ["--replay", probe]);
  const { code, stderr, stdout } = await runChild("explore.ts", probes);
  process.stdout.write(stdout);
  process.stderr.write(stderr);
  process.exitCode = code ?? 1;
} else await goOn();

async function goOn(): Promise<void> {
  const minutes = numberOf("minutes");
  const untilMs = performance.now() + minutes * 60_000;
  const counts = { rounds: 0, images: 0, errors: 0, corruptions: 0, findings: 0 };
  let next = numberOf("seed") * 1_000_000;
  const names = [...workloads.keys()];
  const worker = async () => {
    while (performance.now() < untilMs) {
      const seed = next;
      next += 1;
      const name = names[seed % names.length] ?? "";
      const secondsLeft = Math.max(1, Math.round((untilMs - performance.now()) / 1000));
      const report = await round(name, seed, secondsLeft);
      counts.rounds += 1;
      // Of different rounds, the images differ with their scripts.
      counts.images += report.images;
      counts.errors += report.errors;
      counts.corruptions += report.corruptions;
      counts.findings += report.findings.length;
      for (const finding of [report.shrunk ?? [], report.findings].flat()) {
        console.log(`${name}: ${tellOf(finding)}`);
      }
      const { corruptions, errors, findings, images, rounds } = counts;
      console.log(
        `round ${rounds}, ${name}~${seed}: in all ${images} images, ${errors} errors, ${corruptions} corruptions, ${findings} violations`,
      );
    }
  };
  await Promise.all(Array.from({ length: numberOf("processes") }, worker));
  const folder = new URL("../../../.tmp/chaos/", import.meta.url);
  mkdirSync(folder, { recursive: true });
  const figures = { seed: values.seed, minutes, ...counts };
  writeFileSync(new URL("run.json", folder), `${JSON.stringify(figures, undefined, 2)}\n`);
  console.log(JSON.stringify(figures));
  if (counts.findings > 0) process.exitCode = 1;
}

/** A share of each kind of fault, over one script. */
function round(name: string, seed: number, secondsLeft: number): Promise<ExploreReport> {
  const budget = { images: 500, nested: 250, errors: 150, corruptions: 250, seeds: 3, stride: 41 };
  const shares = Object.entries(budget).flatMap(([what, count]) => [`--${what}`, String(count)]);
  const drawn = ["--variation", String(seed), "--seed", String(seed)];
  return exploreInChild([name, ...shares, ...drawn, "--seconds", String(secondsLeft)]);
}

function numberOf(option: "minutes" | "seed" | "processes"): number {
  const value = Number(values[option]);
  if (Number.isFinite(value) && value > 0) return value;
  throw new Error(`--${option} is to be a number above 0, and is ${values[option]}`);
}
