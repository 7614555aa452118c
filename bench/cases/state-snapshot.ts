/**
 * Owns: what a snapshot of 1,000 changed keys costs among many keys, against among few, and what following the changes adds to
 * the update of a state.
 */
import { writeAvroContainer } from "../../src/codec/index.ts";
import { type StateSnapshot, VersionedState } from "../../src/state/index.ts";
import { type Benchmark, type Figure, once } from "../benchmark.ts";
import { keys, someOf } from "../data.ts";
import { ratio, sideBySide, timed } from "../measure.ts";

const few = 10_000;
const many = 1_000_000;
const changed = 1000;

export const stateSnapshot: Benchmark = {
  name: "state-snapshot",
  run: async () => [
    ...(await compareSizes("the 1,000 keys that came last", (every) => every.slice(-changed))),
    ...(await compareSizes("1,000 keys from all over", (every) => someOf(every, changed, 1))),
    await followingChanges(changed),
    await followingChanges(100_000),
  ],
};

/** A state of counts, with a durable full snapshot where snapshots are taken of it. */
class Counts {
  readonly #state = new VersionedState<string, number>({ partitions: 1 });
  #version = 0;

  constructor(every: readonly string[]) {
    this.update(every);
  }

  update(keys: readonly string[]): void {
    this.#version += 1;
    const update = this.#state.begin(0, this.#version);
    for (const key of keys) update.set(key, (update.get(key) ?? 0) + 1);
    void this.#state.complete(update);
    this.#state.forget(this.#version);
  }

  /** Writes a snapshot as a file of the format would be; tells its bytes. */
  async snapshot(): Promise<number> {
    const snapshot = this.#state.beginSnapshot();
    if (snapshot === undefined) throw new Error("there is nothing to take a snapshot of");
    let byteCount = 0;
    await writeAvroContainer(entriesOf(snapshot), (chunk) => void (byteCount += chunk.length));
    snapshot.confirm();
    snapshot.release();
    return byteCount;
  }
}

async function* entriesOf(snapshot: StateSnapshot) {
  for await (const slice of snapshot.entries()) yield* slice;
}

async function compareSizes(
  which: string,
  pick: (every: readonly string[]) => readonly string[],
): Promise<Figure[]> {
  const byteCounts: number[] = [];
  const times: number[][] = [[], []];
  const sides: { counts: Counts; some: readonly string[] }[] = [];
  for (const keyCount of [few, many]) {
    const every = keys(keyCount);
    const counts = new Counts(every);
    await counts.snapshot();
    sides.push({ counts, some: pick(every) });
  }
  for (let round = -50; round < 201; round++) {
    for (const [index, { counts, some }] of sides.entries()) {
      counts.update(some);
      const ms = await timed(async () => {
        byteCounts[index] = await counts.snapshot();
      });
      if (round >= 0) times[index]?.push(ms);
    }
  }
  const [fewMs = [], manyMs = []] = times;
  const [fewBytes = 0, manyBytes = 0] = byteCounts;
  return [
    {
      name: `${which}: time of the snapshot among 1,000,000, of that among 10,000`,
      unit: "x",
      value: ratio(manyMs, fewMs),
      target: { atMost: 1.5 },
    },
    {
      name: `${which}: bytes of the snapshot among 1,000,000, of that among 10,000`,
      unit: "x",
      value: once(manyBytes / fewBytes),
      target: { atMost: 1.5 },
    },
  ];
}

async function followingChanges(keyCount: number): Promise<Figure> {
  const every = keys(many);
  const some = every.slice(-keyCount);
  const followed = new Counts(every);
  await followed.snapshot();
  const left = new Counts(every);
  const sides = [
    { name: "followed", run: () => followed.update(some) },
    { name: "not followed", run: () => left.update(some) },
  ];
  const [followedMs = [], leftMs = []] = await sideBySide(sides, { rounds: 101, warmUps: 20 });
  return {
    name: `update of ${keyCount.toLocaleString("en")} keys among 1,000,000, changes followed, of that without`,
    unit: "x",
    value: ratio(followedMs, leftMs),
  };
}
