/**
 * Owns: the numbers that the main job has to arrive at, computed by plain loops over the data set, and the comparison.
 * Does not own: how the application computes them; it shares no code with this file, or both could be wrong alike.
 *
 * Flights are fed in order and each counts once. So at any batch the statistics are those of a first part of the data
 * set, and a window holds the last part of that: both can be checked exactly, whatever the batches were.
 */
import { type FlightDataset, routeOf } from "./dataset.ts";

/** Of the flights that left an airport. Delays are in minutes. */
export interface AirportStatistics {
  readonly flights: number;
  readonly meanDelay: number;
  readonly worstDelay: number;
}

/** Of the flights of a route in a window. */
export interface RouteDelays {
  readonly flights: number;
  readonly delaySum: number;
}

/** The statistics by airport of origin of the first `until` flights. */
export function airportStatistics(
  dataset: FlightDataset,
  until: number = dataset.length,
): Map<string, AirportStatistics> {
  const { airports, delays, origins } = dataset;
  const flights = new Float64Array(airports.length);
  const delaySums = new Float64Array(airports.length);
  const worstDelays = new Float64Array(airports.length).fill(Number.NEGATIVE_INFINITY);
  for (let i = 0; i < until; i += 1) {
    const airport = origins[i] ?? 0;
    const delay = delays[i] ?? 0;
    flights[airport] = (flights[airport] ?? 0) + 1;
    delaySums[airport] = (delaySums[airport] ?? 0) + delay;
    worstDelays[airport] = Math.max(worstDelays[airport] ?? 0, delay);
  }
  const statistics = new Map<string, AirportStatistics>();
  for (const [airport, count] of flights.entries()) {
    if (count === 0) continue;
    statistics.set(dataset.airport(airport), {
      flights: count,
      meanDelay: (delaySums[airport] ?? 0) / count,
      worstDelay: worstDelays[airport] ?? 0,
    });
  }
  return statistics;
}

/** The delays by route of the flights from `from` up to, but not including, `until`. */
export function routeDelays(
  dataset: FlightDataset,
  { from, until }: { from: number; until: number },
): Map<string, RouteDelays> {
  const { airports, delays, destinations, origins } = dataset;
  const byNumber = new Map<number, { flights: number; delaySum: number }>();
  for (let i = from; i < until; i += 1) {
    const route = (origins[i] ?? 0) * airports.length + (destinations[i] ?? 0);
    let entry = byNumber.get(route);
    if (entry === undefined) {
      entry = { flights: 0, delaySum: 0 };
      byNumber.set(route, entry);
    }
    entry.flights += 1;
    entry.delaySum += delays[i] ?? 0;
  }
  const byName = new Map<string, RouteDelays>();
  for (const [route, entry] of byNumber) {
    const origin = dataset.airport(Math.floor(route / airports.length));
    byName.set(routeOf(origin, dataset.airport(route % airports.length)), entry);
  }
  return byName;
}

/** Where two sets of figures by name differ: one line for each name and figure; empty where they are the same. */
export function differences<Figures extends object>(
  expected: ReadonlyMap<string, Figures>,
  actual: ReadonlyMap<string, Figures>,
): string[] {
  const found: string[] = [];
  for (const [name, figures] of expected) {
    const others = actual.get(name);
    if (others === undefined) found.push(`${name} is missing`);
    else found.push(...differencesOf(name, figures, others));
  }
  for (const name of actual.keys()) {
    if (!expected.has(name)) found.push(`${name} should not be there`);
  }
  return found;
}

function differencesOf(name: string, expected: object, actual: object): string[] {
  const actualFigures = new Map<string, unknown>(Object.entries(actual));
  return Object.entries(expected)
    .filter(([figure, value]) => !Object.is(value, actualFigures.get(figure)))
    .map(
      ([figure, value]) =>
        `${name}: ${figure} is ${actualFigures.get(figure)} and should be ${value}`,
    );
}

const shownMax = 10;

/** The first ten differences, and how many more there are. */
export function shorten(found: readonly string[]): string[] {
  if (found.length <= shownMax) return [...found];
  return [...found.slice(0, shownMax), `and ${found.length - shownMax} more`];
}
