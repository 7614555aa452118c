import { beforeAll, describe, expect, test } from "vitest";
import {
  type Flight,
  FlightDataset,
  loadFlights,
  routeOf,
} from "../../examples/flights/dataset.ts";
import {
  airportStatistics,
  differences,
  type RouteDelays,
  routeDelays,
  shorten,
} from "../../examples/flights/direct.ts";

function datasetOf(
  flights: readonly [delay: number, origin: string, destination: string][],
): FlightDataset {
  const dataset = new FlightDataset(flights.length);
  const numberOf = (code: string) => {
    const known = dataset.airports.indexOf(code);
    return known === -1 ? dataset.airports.push(code) - 1 : known;
  };
  for (const [index, [delay, origin, destination]] of flights.entries()) {
    dataset.delays[index] = delay;
    dataset.origins[index] = numberOf(origin);
    dataset.destinations[index] = numberOf(destination);
  }
  return dataset;
}

const small = datasetOf([
  [5, "SFO", "JFK"],
  [-3, "JFK", "SFO"],
  [40, "SFO", "LAX"],
  [-10, "SFO", "JFK"],
  [-7, "JFK", "SFO"],
]);

describe("the direct computation", () => {
  test("counts the flights of each airport of origin, with their mean and worst delay", () => {
    expect(airportStatistics(small)).toEqual(
      new Map([
        ["SFO", { flights: 3, meanDelay: 35 / 3, worstDelay: 40 }],
        ["JFK", { flights: 2, meanDelay: -5, worstDelay: -3 }],
      ]),
    );
  });

  test("gives the numbers of a first part, without airports that no flight of it left", () => {
    expect(airportStatistics(small, 1)).toEqual(
      new Map([["SFO", { flights: 1, meanDelay: 5, worstDelay: 5 }]]),
    );
    expect(airportStatistics(small, 0)).toEqual(new Map());
  });

  test("sums the delays of each route, each direction by itself, over the part that is asked for", () => {
    expect(routeDelays(small, { from: 1, until: 5 })).toEqual(
      new Map([
        ["JFK-SFO", { flights: 2, delaySum: -10 }],
        ["SFO-LAX", { flights: 1, delaySum: 40 }],
        ["SFO-JFK", { flights: 1, delaySum: -10 }],
      ]),
    );
  });

  describe("over real flights", () => {
    let dataset: FlightDataset;
    let flights: Flight[];

    beforeAll(async () => {
      dataset = await loadFlights({ flights: 20_000 });
      flights = Array.from({ length: 20_000 }, (_, index) => dataset.flight(index));
    });

    test("agrees with a grouping of the flights as objects", () => {
      const origins = [...new Set(flights.map((flight) => flight.origin))];
      const expected = origins.map((origin) => {
        const group = flights.filter((flight) => flight.origin === origin);
        const delays = group.map((flight) => flight.delay);
        const meanDelay = delays.reduce((sum, delay) => sum + delay, 0) / group.length;
        return [
          origin,
          { flights: group.length, meanDelay, worstDelay: Math.max(...delays) },
        ] as const;
      });
      expect(airportStatistics(dataset)).toEqual(new Map(expected));
    });

    test("gives every flight of a window to one route", () => {
      const part = flights.slice(5_000, 9_000);
      const routes = routeDelays(dataset, { from: 5_000, until: 9_000 });
      const names = new Set(part.map((flight) => routeOf(flight.origin, flight.destination)));
      expect(new Set(routes.keys())).toEqual(names);
      const sum = (figure: keyof RouteDelays) =>
        [...routes.values()].reduce((total, route) => total + route[figure], 0);
      expect(sum("flights")).toBe(part.length);
      expect(sum("delaySum")).toBe(part.reduce((total, flight) => total + flight.delay, 0));
    });
  });
});

describe("the comparison", () => {
  test("finds nothing between equal figures, in whatever order they come", () => {
    const reversed = new Map([...airportStatistics(small)].toReversed());
    expect(differences(airportStatistics(small), reversed)).toEqual([]);
  });

  test("tells what is missing, what should not be there, and which figure differs", () => {
    const actual = airportStatistics(small);
    actual.delete("JFK");
    actual.set("BOS", { flights: 1, meanDelay: 0, worstDelay: 0 });
    actual.set("SFO", { flights: 3, meanDelay: 12, worstDelay: 40 });
    expect(differences(airportStatistics(small), actual)).toEqual([
      `SFO: meanDelay is 12 and should be ${35 / 3}`,
      "JFK is missing",
      "BOS should not be there",
    ]);
  });

  test("shows ten differences, and how many more there are", () => {
    const found = Array.from({ length: 12 }, (_, index) => `difference ${index}`);
    expect(shorten(found)).toEqual([...found.slice(0, 10), "and 2 more"]);
    expect(shorten(found.slice(0, 10))).toEqual(found.slice(0, 10));
  });
});
