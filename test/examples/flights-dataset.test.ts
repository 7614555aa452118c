import { beforeAll, describe, expect, test } from "vitest";
import {
  type FlightDataset,
  flightsMax,
  loadFlights,
  parseFlight,
} from "../../examples/flights/dataset.ts";

describe("the flights data set", () => {
  let dataset: FlightDataset;

  // More than one row group of the file.
  beforeAll(async () => {
    dataset = await loadFlights({ flights: 300_000 });
  });

  test("begins and goes on with the flights of the file", () => {
    expect(dataset.length).toBe(300_000);
    expect(dataset.flight(0)).toEqual({
      date: "2001-01-01T00:01",
      delay: 33,
      distance: 2176,
      origin: "LAS",
      destination: "PHL",
    });
    expect(dataset.flightLine(299_999)).toBe("2001-01-19T09:23,-6,453,PHL,DTW");
  });

  test("is in the order of departure", () => {
    const { minutes } = dataset;
    expect(
      minutes.every((minute, index) => index === 0 || minute >= (minutes[index - 1] ?? 0)),
    ).toBe(true);
  });

  test("gives lines that parse to the flights they were made of, in any order of asking", () => {
    for (let i = 0; i < 2_000; i += 1) {
      const index = (i * 104_729) % dataset.length;
      expect(parseFlight(dataset.flightLine(index))).toEqual(dataset.flight(index));
    }
  });

  test("gives as many flights as were asked for, the same ones", async () => {
    const first = await loadFlights({ flights: 1_000 });
    expect(first.length).toBe(1_000);
    for (const index of [0, 1, 500, 999]) {
      expect(first.flightLine(index)).toBe(dataset.flightLine(index));
    }
  });

  test("refuses a flight that it does not hold", () => {
    for (const index of [-1, 0.5, Number.NaN, dataset.length]) {
      expect(() => dataset.flight(index)).toThrow(RangeError);
      expect(() => dataset.flightLine(index)).toThrow(RangeError);
    }
  });

  test("cannot be loaded with more flights than there are, or with none", async () => {
    for (const flights of [0, -1, 1.5, flightsMax + 1]) {
      await expect(loadFlights({ flights })).rejects.toThrow(RangeError);
    }
  });
});

describe("parseFlight", () => {
  test.each([
    "",
    "2001-01-01T00:01,33,2176,LAS",
    "2001-01-01T00:01,33,2176,LAS,PHL,",
    "2001-01-01T00:01,late,2176,LAS,PHL",
    "2001-01-01T00:01,33,,LAS,PHL",
    "2001-01-01T00:01,33.5,2176,LAS,PHL",
  ])("refuses a line that is not a flight: %j", (line) => {
    expect(() => parseFlight(line)).toThrow("not a flight");
  });
});
