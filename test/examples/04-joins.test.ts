import { describe, expect, test } from "vitest";
import { type Flight, flightsByDay, readCsv } from "../../examples/data/vega.ts";
import { Program } from "./program.ts";

describe("04-joins", () => {
  test("gives the airports of the state, each with both of its counts, and leaves out all others", async () => {
    const airports = await readCsv("airports.csv", ["iata", "city", "state"]);
    const texan = airports
      .filter(({ state }) => state === "TX")
      .toSorted((one, other) => (one.iata < other.iata ? -1 : 1));
    const linesOf = (flights: readonly Flight[]) =>
      texan.flatMap(({ iata, city }) => {
        const departed = flights.filter(({ origin }) => origin === iata).length;
        const arrived = flights.filter(({ destination }) => destination === iata).length;
        const line = `  ${iata} ${city}: ${departed} departed, ${arrived} arrived`;
        return departed + arrived === 0 ? [] : [line];
      });
    const days = (await flightsByDay()).slice(0, 5);
    const expected = days.flatMap((flights, index) => [`Day ${index + 1}`, ...linesOf(flights)]);

    await using program = new Program("04-joins.ts", ["--days", "5", "--state", "TX"]);
    const { code, output, errors } = await program.ended;
    // On a busy machine a batch without flights may follow the last day.
    expect(output.split("\n").slice(0, expected.length)).toEqual(expected);
    expect(errors).toBe("");
    expect(code).toBe(0);
  });
});
