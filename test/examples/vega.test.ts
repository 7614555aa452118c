import { describe, expect, test } from "vitest";
import { cellsOf, flightsByDay, readCsv } from "../../examples/data/vega.ts";

describe("reading a data set", () => {
  test("keeps commas and quotes within a quoted cell, and empty cells", () => {
    expect(cellsOf('DBN,"W. H. ""Bud"" Barron, Sr.",,GA')).toEqual([
      "DBN",
      'W. H. "Bud" Barron, Sr.',
      "",
      "GA",
    ]);
    expect(cellsOf(",a,")).toEqual(["", "a", ""]);
  });

  test("gives the columns that were asked for, and refuses one that is not there", async () => {
    const [first] = await readCsv("seattle-weather.csv", ["date", "weather"]);
    expect(first).toEqual({ date: "2012-01-01", weather: "drizzle" });
    await expect(readCsv("seattle-weather.csv", ["snow"])).rejects.toThrow("no column snow");
  });

  test("has the flights in days, in the order of time", async () => {
    const days = await flightsByDay();
    expect(days).toHaveLength(90);
    expect(days.flat()).toHaveLength(2000);
    for (const day of days) expect(new Set(day.map(({ date }) => date.slice(0, 10))).size).toBe(1);
  });
});
