/** Owns: timing several ways of doing the same side by side, and what is told of the times. */

/** One way of doing what is compared. */
export interface Side {
  readonly name: string;
  run(): unknown;
}

/** A figure out of many rounds: the median, and the quartiles as a measure of how much it varied. */
export interface Spread {
  readonly median: number;
  readonly low: number;
  readonly high: number;
}

/**
 * How long each side took in each round, in ms. The sides take turns within a round, so that whatever else the machine does
 * meets all of them; garbage is collected before each turn, so that none pays for what another left.
 */
export async function sideBySide(
  sides: readonly Side[],
  { rounds, warmUps = 5 }: { rounds: number; warmUps?: number },
): Promise<number[][]> {
  const times = sides.map((): number[] => []);
  for (let round = -warmUps; round < rounds; round++) {
    for (const [index, side] of sides.entries()) {
      const ms = await timed(() => side.run());
      if (round >= 0) times[index]?.push(ms);
    }
  }
  return times;
}

/** How long `work` took, in ms. */
export async function timed(work: () => unknown): Promise<number> {
  collectGarbage("minor");
  const start = performance.now();
  const pending = work();
  // Nothing but a promise is waited for: a loop must not pay for a turn of the microtask queue.
  if (pending instanceof Promise) await pending;
  return performance.now() - start;
}

/** The heap in use after a full collection, in MB. */
export function liveHeapMB(): number {
  collectGarbage("major");
  return process.memoryUsage().heapUsed / 1e6;
}

/** Median and quartiles. */
export function spread(values: readonly number[]): Spread {
  const sorted = values.toSorted((a, b) => a - b);
  const at = (share: number) => sorted[Math.round(share * (sorted.length - 1))] ?? Number.NaN;
  return { median: at(0.5), low: at(0.25), high: at(0.75) };
}

/** What `times` are of `others`, round by round: a disturbance that spans a round falls out of it. */
export function ratio(times: readonly number[], others: readonly number[]): Spread {
  return spread(times.map((ms, round) => ms / (others[round] ?? Number.NaN)));
}

/** The times of the side with the best median. */
export function best(times: readonly (readonly number[])[]): readonly number[] {
  const [first = [], ...rest] = times;
  return rest.reduce(
    (fastest, each) => (spread(each).median < spread(fastest).median ? each : fastest),
    first,
  );
}

function collectGarbage(type: "minor" | "major"): void {
  if (globalThis.gc === undefined) throw new Error("benchmarks need node --expose-gc");
  globalThis.gc({ type, execution: "sync" });
}
