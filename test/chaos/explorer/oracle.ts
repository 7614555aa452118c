/**
 * Owns: what has to hold of all that the world saw of an application over its lives, by a fold over its records in memory.
 *
 * I1 what was acknowledged is there. I2 each record is there once, in the order of its source. I3 what is done again shows the
 * same, and what was done is not done again. I4 every output of a batch is what the fold over all batches up to it gives.
 */
import { type Seen, type Sight, sourceOutput } from "./sight.ts";
import type { BatchRecords, Workload } from "./workload.ts";

type Output = Extract<Sight, { kind: "output" }>;

/** What is wrong with lives that came one after the other, the last of which has ended gracefully. */
export function problemsOf(
  workload: Workload,
  lives: readonly Seen[],
  fed: ReadonlyMap<string, readonly string[]>,
): string[] {
  const always = [...Object.keys(workload.sources).map(sourceOutput), ...workload.outputs];
  const { outputs, problems } = overlay(lives, [...always, ...(workload.laterOutputs ?? [])]);
  const batches = batchesIn(workload, outputs);
  const expected = workload.expect(batches);
  for (const [name, times] of expected) {
    for (const [timeMs, data] of times) {
      const seen = outputs.get(`${name} at ${timeMs}`);
      const wanted = `[${data.map((each) => JSON.stringify(each)).sort()}]`;
      if (seen === undefined) {
        if (always.includes(name)) problems.push(`${name} at ${timeMs} is missing`);
      } else if (seen.data !== wanted) {
        problems.push(`${name} at ${timeMs} is ${seen.data}, not ${wanted}`);
      }
    }
  }
  for (const [source, kind] of Object.entries(workload.sources)) {
    const given = batches.flatMap(({ records }) => records.get(source) ?? []);
    const wanted = [...(fed.get(source) ?? [])];
    // Files have no order.
    if (kind === "files") for (const list of [given, wanted]) list.sort();
    if (JSON.stringify(given) !== JSON.stringify(wanted)) {
      problems.push(
        `of ${source} there is ${JSON.stringify(given)}, not ${JSON.stringify(wanted)}`,
      );
    }
  }
  return problems;
}

/** What of each batch was seen last, and what contradicts what was seen before. */
function overlay(
  lives: readonly Seen[],
  names: readonly string[],
): { readonly outputs: Map<string, Output>; readonly problems: string[] } {
  const problems: string[] = [];
  const outputs = new Map<string, Output>();
  const done = new Set<string>();
  const acknowledged = new Map<string, number>();
  lives.forEach((sights, life) => {
    const before = new Set(done);
    for (const sight of sights) {
      if (sight.kind === "output") {
        const key = `${sight.name} at ${sight.timeMs}`;
        if (before.has(key)) problems.push(`life ${life}: ${key} was done and is done again`);
        const first = outputs.get(key);
        if (first !== undefined && first.data !== sight.data) {
          problems.push(`life ${life}: ${key} was ${first.data}, is ${sight.data}`);
        }
        outputs.set(key, sight);
      } else if (sight.kind === "output done") done.add(`${sight.name} at ${sight.timeMs}`);
      else if (sight.kind === "batch done") {
        for (const name of names) done.add(`${name} at ${sight.timeMs}`);
      } else if (sight.kind === "acknowledged") {
        const until = Math.max(acknowledged.get(sight.source) ?? 0, sight.until);
        acknowledged.set(sight.source, until);
      } else {
        const until = acknowledged.get(sight.source) ?? 0;
        if (sight.from >= until) continue;
        const what = `asks ${sight.source} from ${sight.from}, ${until} are acknowledged`;
        problems.push(`life ${life}: ${what}`);
      }
    }
  });
  return { outputs, problems };
}

function batchesIn({ sources }: Workload, outputs: ReadonlyMap<string, Output>): BatchRecords[] {
  const batches = new Map<number, Map<string, readonly string[]>>();
  for (const source of Object.keys(sources)) {
    for (const { data, name, timeMs } of outputs.values()) {
      if (name !== sourceOutput(source)) continue;
      const records = batches.get(timeMs) ?? new Map<string, readonly string[]>();
      records.set(source, JSON.parse(data));
      batches.set(timeMs, records);
    }
  }
  return [...batches]
    .map(([timeMs, records]) => ({ timeMs, records }))
    .sort((a, b) => a.timeMs - b.timeMs);
}
