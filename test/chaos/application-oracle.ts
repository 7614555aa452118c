/**
 * Owns: what has to hold of all that the world saw of an application over its lives, by a fold over its records in memory.
 */
import { intervalMs, type Sight, timeoutMs, windowMs } from "./application-life.ts";

type Output = Extract<Sight, { kind: "output" }>;

/** One life as the world saw it. */
export type Seen = readonly Sight[];

/** What is wrong with lives that came one after the other, the last of which has ended gracefully. */
export function problemsOf(
  lives: readonly Seen[],
  records: readonly string[],
  names: readonly string[],
): string[] {
  const problems: string[] = [];
  const outputs = new Map<string, Output>();
  const done = new Set<string>();
  let acknowledged = 0;
  lives.forEach((sights, life) => {
    const before = new Set(done);
    for (const sight of sights) {
      if (sight.kind === "output") {
        const key = `${sight.name} at ${sight.timeMs}`;
        if (before.has(key)) problems.push(`life ${life}: ${key} was done and is done again`);
        const first = outputs.get(key);
        if (first !== undefined && !isSame(first.data, sight.data)) {
          problems.push(`life ${life}: ${key} was ${text(first.data)}, is ${text(sight.data)}`);
        }
        outputs.set(key, sight);
      } else if (sight.kind === "output done") done.add(`${sight.name} at ${sight.timeMs}`);
      else if (sight.kind === "batch done") {
        for (const name of names) done.add(`${name} at ${sight.timeMs}`);
      } else if (sight.kind === "acknowledged") acknowledged = Math.max(acknowledged, sight.until);
      else if (sight.from < acknowledged) {
        problems.push(`life ${life}: asks from ${sight.from}, ${acknowledged} are acknowledged`);
      }
    }
  });
  const expected = expectedOutputs(outputs);
  for (const name of names) {
    for (const [timeMs, data] of expected.get(name) ?? []) {
      const seen = outputs.get(`${name} at ${timeMs}`);
      if (seen === undefined) problems.push(`${name} at ${timeMs} is missing`);
      else if (!isSame(seen.data, data)) {
        problems.push(`${name} at ${timeMs} is ${text(seen.data)}, not ${text(data)}`);
      }
    }
  }
  const batches = [...batchesIn(outputs)].flatMap(([, data]) => data);
  if (!isSame(batches, records)) problems.push(`the records are ${text(batches)}`);
  return problems;
}

/** What there was up to a crash before that call. */
export function seenBefore(sights: Seen, call: number): Seen {
  return sights.filter((sight) => sight.call <= call);
}

function batchesIn(outputs: ReadonlyMap<string, Output>): [number, readonly string[]][] {
  return [...outputs.values()]
    .filter(({ name }) => name === "batch")
    .map(({ data, timeMs }): [number, readonly string[]] => [timeMs, data as string[]])
    .sort(([a], [b]) => a - b);
}

/** By output and batch time, of the batches that there were. */
function expectedOutputs(outputs: ReadonlyMap<string, Output>): Map<string, Map<number, unknown>> {
  const batches = batchesIn(outputs);
  const counts = new Map<string, number>();
  const sessions = new Map<string, { count: number; usedMs: number }>();
  const expected = new Map(
    ["batch", "counts", "window", "recent", "sessions"].map((name) => [
      name,
      new Map<number, unknown>(),
    ]),
  );
  const expect = (name: string, timeMs: number, data: unknown) =>
    expected.get(name)?.set(timeMs, data);
  for (const [timeMs, records] of batches) {
    expect("batch", timeMs, records);
    for (const word of records) counts.set(word, (counts.get(word) ?? 0) + 1);
    expect("counts", timeMs, sorted([...counts]));
    const window = batches
      .filter(([t]) => t > timeMs - windowMs && t <= timeMs)
      .flatMap(([, words]) => words);
    expect("window", timeMs, sorted(window));
    const recent = new Map<string, number>();
    for (const word of window) recent.set(word, (recent.get(word) ?? 0) + 1);
    expect("recent", timeMs, sorted([...recent]));
    expect("sessions", timeMs, sorted(sessionsAt(sessions, timeMs, records)));
  }
  return expected;
}

function sessionsAt(
  sessions: Map<string, { count: number; usedMs: number }>,
  timeMs: number,
  records: readonly string[],
): string[] {
  const said: string[] = [];
  for (const word of records) {
    const count = (sessions.get(word)?.count ?? 0) + 1;
    sessions.set(word, { count, usedMs: timeMs });
    said.push(`${word} ${count}`);
  }
  for (const [word, { count, usedMs }] of sessions) {
    if (usedMs >= timeMs - timeoutMs) continue;
    sessions.delete(word);
    said.push(`${word} left after ${count}`);
  }
  return said;
}

function sorted(data: readonly unknown[]): string[] {
  return data.map((each) => JSON.stringify(each)).sort();
}

function isSame(a: unknown, b: unknown): boolean {
  return text(a) === text(b);
}

function text(data: unknown): string {
  return JSON.stringify(data);
}

/** The times of the grid after one, up to another. */
export function gridTimes(afterMs: number, untilMs: number): number[] {
  const count = Math.floor((untilMs - afterMs) / intervalMs);
  return Array.from({ length: count }, (_, index) => afterMs + (index + 1) * intervalMs);
}
