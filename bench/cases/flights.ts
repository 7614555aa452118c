/**
 * Owns: filter, map and reduceByKey over flight records, against loops that call the same functions. The loops name the
 * functions, so that V8 may compile these into them and leave out what they allocate: no code that is handed functions
 * can be as fast.
 */
import { type Flight, loadFlights, routeOf } from "../../examples/flights/dataset.ts";
import type { Benchmark, Figure } from "../benchmark.ts";
import { assertSamePairs } from "../check.ts";
import { SteppedContext } from "../engine/stepped-context.ts";
import { best, ratio, sideBySide } from "../measure.ts";

type Pairs = [string, number][];

/** What is done with each flight. */
interface Job {
  readonly holds: (flight: Flight) => boolean;
  readonly pairOf: (flight: Flight) => [string, number];
  readonly merge: (left: number, right: number) => number;
}

const isLate = ({ delay }: Flight) => delay > 15;
const routeAndDelay = ({ origin, destination, delay }: Flight): [string, number] => [
  routeOf(origin, destination),
  delay,
];
const worse = (a: number, b: number) => Math.max(a, b);
const airportAndDelay = ({ origin, delay }: Flight): [string, number] => [origin, delay];
const sum = (a: number, b: number) => a + b;

export const flights: Benchmark = {
  name: "flights",
  run: async () => {
    const dataset = await loadFlights({ flights: 500_000 });
    const records = Array.from({ length: dataset.length }, (_, index) => dataset.flight(index));
    const byRoute = { holds: isLate, pairOf: routeAndDelay, merge: worse };
    const byAirport = { holds: isLate, pairOf: airportAndDelay, merge: sum };
    return [
      await compare("worst delay by route", records, byRoute, [routesInMap, routesInHolders]),
      await compare("sum of delays by airport", records, byAirport, [
        airportsInMap,
        airportsInHolders,
      ]),
    ];
  },
};

async function compare(
  what: string,
  records: readonly Flight[],
  job: Job,
  loops: readonly ((records: readonly Flight[]) => Pairs)[],
): Promise<Figure> {
  const engine = await engineSide(records, job);
  const sides = loops.map((loop) => ({ name: loop.name, run: () => loop(records) }));
  for (const { run } of sides) assertSamePairs(await engine.run(), run());
  const [engineMs = [], ...loopMs] = await sideBySide([engine, ...sides], { rounds: 31 });
  await engine.close();
  return {
    name: `${what}: speed, of the best loop's`,
    unit: "x",
    value: ratio(best(loopMs), engineMs),
    target: { atLeast: 0.7 },
  };
}

async function engineSide(records: readonly Flight[], job: Job) {
  const context = new SteppedContext();
  const input = context.input<Flight>();
  let result: Pairs = [];
  input.stream
    .filter(job.holds)
    .map(job.pairOf)
    .reduceByKey(job.merge)
    .foreachRDD(async (dataset) => {
      result = await dataset.collect();
    });
  await context.start();
  const dataset = context.data.parallelize(records);
  return {
    name: "engine",
    run: async () => {
      input.give(dataset);
      await context.batch();
      return result;
    },
    close: () => context.close(),
  };
}

function routesInMap(records: readonly Flight[]): Pairs {
  const values = new Map<string, number>();
  for (const record of records) {
    if (!isLate(record)) continue;
    const pair = routeAndDelay(record);
    const present = values.get(pair[0]);
    values.set(pair[0], present === undefined ? pair[1] : worse(present, pair[1]));
  }
  return [...values];
}

function routesInHolders(records: readonly Flight[]): Pairs {
  const values = new Map<string, { value: number }>();
  for (const record of records) {
    if (!isLate(record)) continue;
    const pair = routeAndDelay(record);
    const holder = values.get(pair[0]);
    if (holder === undefined) values.set(pair[0], { value: pair[1] });
    else holder.value = worse(holder.value, pair[1]);
  }
  return Array.from(values, ([key, { value }]) => [key, value]);
}

function airportsInMap(records: readonly Flight[]): Pairs {
  const values = new Map<string, number>();
  for (const record of records) {
    if (!isLate(record)) continue;
    const pair = airportAndDelay(record);
    const present = values.get(pair[0]);
    values.set(pair[0], present === undefined ? pair[1] : sum(present, pair[1]));
  }
  return [...values];
}

function airportsInHolders(records: readonly Flight[]): Pairs {
  const values = new Map<string, { value: number }>();
  for (const record of records) {
    if (!isLate(record)) continue;
    const pair = airportAndDelay(record);
    const holder = values.get(pair[0]);
    if (holder === undefined) values.set(pair[0], { value: pair[1] });
    else holder.value = sum(holder.value, pair[1]);
  }
  return Array.from(values, ([key, { value }]) => [key, value]);
}
