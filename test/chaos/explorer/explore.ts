/**
 * Owns: the exploration of one workload as a program of its own. It prints its report as JSON, and a line for each violation
 * that replays it:
 * `node test/chaos/explorer/explore.ts word-count --images 100 --nested 100 --errors 100 --corruptions 100 --seconds 60`
 * `node test/chaos/explorer/explore.ts --replay word-count/0:180:kill`
 *
 * Plain Node takes a third of the time for it that a test runner does.
 */
import crypto from "node:crypto";
import { syncBuiltinESMExports } from "node:module";
import { parseArgs } from "node:util";

const { positionals, values } = parseArgs({
  allowPositionals: true,
  options: {
    images: { type: "string", default: "0" },
    nested: { type: "string", default: "0" },
    errors: { type: "string", default: "0" },
    corruptions: { type: "string", default: "0" },
    seeds: { type: "string", default: "8" },
    stride: { type: "string", default: "29" },
    seed: { type: "string", default: "1" },
    /** After which it is over, however much is left. */
    seconds: { type: "string", default: "3600" },
    variation: { type: "string" },
    first: { type: "boolean", default: false },
    replay: { type: "string", multiple: true },
  },
});

// Names that nobody else has would make another run of each.
let drawn = 0;
crypto.randomUUID = () => {
  drawn += 1;
  return `00000000-0000-4000-8000-${String(drawn).padStart(12, "0")}`;
};
syncBuiltinESMExports();
// Errors of the disk that is simulated are thrown by the thousand, and most of them are looked at by nobody.
if (values.replay === undefined) Error.stackTraceLimit = 0;

const { Explorer } = await import("./explorer.ts");
const { parseProbe } = await import("./probe.ts");
const { WrongByItself } = await import("./recording.ts");
const { shrink } = await import("./shrink.ts");
const { varied, withoutSteps } = await import("./variation.ts");
const { workloads } = await import("./workloads/index.ts");

const beganMs = performance.now();
const isOverAfter = (seconds: number) => () => performance.now() - beganMs > seconds * 1000;

if (values.replay === undefined) await explore();
else for (const probe of values.replay) await replay(probe);

async function explore(): Promise<void> {
  const variation = values.variation === undefined ? undefined : Number(values.variation);
  const workload = workloadOf(positionals[0], variation);
  const isOver = isOverAfter(Number(values.seconds));
  const options = { workload, untilFinding: values.first, isOver };
  const drawn = variation === undefined ? options : { ...options, variation };
  const explorer = await Explorer.of(drawn).catch((error: unknown) => {
    // Nothing else is looked at where it does wrong by itself.
    if (!(error instanceof WrongByItself)) throw error;
    const probe = `${workload.name}${variation === undefined ? "" : `~${variation}`}`;
    console.log(JSON.stringify({ findings: [{ probe, problems: error.problems }] }));
    process.exitCode = 1;
    return undefined;
  });
  if (explorer === undefined) return;
  const { report } = explorer;
  await explorer.crashes({ count: Number(values.images), seeds: Number(values.seeds) });
  const inAll = report.images.size + Number(values.nested);
  await explorer.nestedCrashes({ count: inAll, stride: Number(values.stride) });
  if (Number(values.errors) > 0) await explorer.errors({ count: Number(values.errors) });
  await explorer.corruptions({ count: Number(values.corruptions), seed: Number(values.seed) });
  const { findings } = report;
  const [first] = findings;
  const isOverSoon = isOverAfter((performance.now() - beganMs) / 1000 + 30);
  const shrunk = first && !values.first ? await shrink(workload, first, isOverSoon) : first;
  console.log(
    JSON.stringify({
      workload: workload.name,
      ...report.figures(),
      refusals: Object.fromEntries(report.refusals),
      cpuSeconds: Math.round(process.cpuUsage().user / 100_000) / 10,
      findings: findings.slice(0, 20),
      shrunk,
    }),
  );
  if (findings.length > 0) process.exitCode = 1;
}

async function replay(text: string): Promise<void> {
  const probe = parseProbe(text);
  const given = workloadOf(probe.workload, probe.variation);
  const workload = withoutSteps(given, probe.without);
  const explorer = await Explorer.of({ ...probe, workload });
  await explorer.probe(probe);
  const [finding] = explorer.report.findings;
  const { calls } = explorer.recordings[probe.life]?.life.files ?? {};
  const next = calls?.[probe.points[0]?.call ?? 0];
  console.log(`${text}: before ${next?.does ?? "the end"} ${next?.path ?? ""}`);
  for (const problem of finding?.problems ?? ["nothing is wrong"]) console.log(`  ${problem}`);
  if (finding !== undefined) process.exitCode = 1;
}

function workloadOf(name: string | undefined, variation: number | undefined) {
  const workload = workloads.get(name ?? "");
  if (workload === undefined) {
    throw new Error(`there is no workload "${name}", but ${[...workloads.keys()].join(", ")}`);
  }
  return variation === undefined ? workload : varied(workload, variation);
}
