/**
 * Owns: mapWithState: what a batch of 1,000 changed keys costs among many keys, against what it costs among few.
 * The keys are those that came last, in each batch, as with sessions; or others in each batch, from all over the state, so that
 * neither they nor their states are in a cache. A bare Map tells how much of the latter is the memory's.
 */
import { type RDD, type State, StateSpec, seconds } from "millrace";
import type { Benchmark, Figure } from "../benchmark.ts";
import { keys, someOf } from "../data.ts";
import { SteppedContext } from "../engine/stepped-context.ts";
import { ratio, sideBySide } from "../measure.ts";

type Pair = [string, number];

const addUp = (_key: string, value: number | undefined, state: State<number>): number => {
  const total = (state.getOption() ?? 0) + (value ?? 0);
  if (!state.isTimingOut()) state.update(total);
  return total;
};

const few = 10_000;
const many = 1_000_000;
const changed = 1000;

export const mapWithState: Benchmark = {
  name: "map-with-state",
  run: async () => {
    const sum = StateSpec.function(addUp);
    return [
      ...(await compare("", sum)),
      ...(await compare(", with a time-out", sum.timeout(seconds(1e6)))),
      await compareMaps(),
    ];
  },
};

type Spec = ReturnType<typeof StateSpec.function<string, number, number, number>>;
type Pick = (every: readonly Pair[], round: number) => readonly Pair[];

const last: Pick = (every) => every.slice(-changed);
const scattered: Pick = (every, round) => someOf(every, changed, round);
const rounds = { rounds: 201, warmUps: 50 };

/** Both states live in one context, as a process has only one; a batch gives records to one of them. */
async function compare(how: string, spec: Spec): Promise<Figure[]> {
  const context = new SteppedContext();
  const states = [few, many].map((keyCount) => {
    const input = context.input<Pair>();
    input.stream.mapWithState(spec).foreachRDD(async (dataset) => void (await dataset.count()));
    return { input, every: pairs(keyCount) };
  });
  await context.start();
  for (const { input, every } of states) {
    input.give(context.data.parallelize(every));
    await context.batch();
  }
  const figure = async (which: string, pick: Pick): Promise<Figure> => {
    const sides = states.map(({ input, every }) => {
      const datasets = picksOf(every, pick).map((some) => context.data.parallelize(some));
      let round = 0;
      return {
        name: `${every.length} keys`,
        run: () => {
          input.give(datasets[round++ % datasets.length] as RDD<Pair>);
          return context.batch();
        },
      };
    });
    const [fewMs = [], manyMs = []] = await sideBySide(sides, rounds);
    return {
      name: `${which}${how}: time among 1,000,000, of that among 10,000`,
      unit: "x",
      value: ratio(manyMs, fewMs),
      target: { atMost: 1.5 },
    };
  };
  const figures = [
    await figure("the 1,000 keys that came last", last),
    await figure("1,000 keys from all over", scattered),
  ];
  await context.close();
  return figures;
}

async function compareMaps(): Promise<Figure> {
  const sides = [few, many].map((keyCount) => {
    const every = pairs(keyCount);
    const map = new Map(every);
    const picks = picksOf(every, scattered);
    let round = 0;
    return {
      name: `${keyCount} keys`,
      run: () => {
        for (const [key, value] of picks[round++ % picks.length] ?? []) {
          map.set(key, (map.get(key) ?? 0) + value);
        }
      },
    };
  });
  const [fewMs = [], manyMs = []] = await sideBySide(sides, rounds);
  return {
    name: "1,000 keys from all over, of a bare Map: time among 1,000,000, of that among 10,000",
    unit: "x",
    value: ratio(manyMs, fewMs),
  };
}

function pairs(keyCount: number): Pair[] {
  return keys(keyCount).map((key): Pair => [key, 1]);
}

/** Made before anything is timed; enough of them that none is in a cache when its turn comes again. */
function picksOf(every: readonly Pair[], pick: Pick): readonly (readonly Pair[])[] {
  return Array.from({ length: 100 }, (_, round) => pick(every, round));
}
