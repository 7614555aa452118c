import { describe, expect, test } from "vitest";
import { readCsv } from "../../examples/data/vega.ts";
import { Program } from "./program.ts";

interface Day {
  date: string;
  precipitation: string;
  temp_max: string;
  weather: string;
}

/** What the program has to print of these days, the kinds of weather in any order among those of as many days. */
function expectedOf(days: readonly Day[]) {
  const kinds = new Map<string, { days: number; rain: number }>();
  for (const { precipitation, weather } of days) {
    const kind = kinds.get(weather) ?? { days: 0, rain: 0 };
    const rain = kind.rain + Math.round(Number(precipitation) * 10);
    kinds.set(weather, { days: kind.days + 1, rain });
  }
  const lines = [...kinds].map(
    ([kind, { days, rain }]) => `${days} of ${kind} ${(rain / 10).toFixed(1)} mm`,
  );
  const warmest = Math.max(...days.map(({ temp_max }) => Number(temp_max)));
  const title = `${days.length} days until ${days.at(-1)?.date}, up to ${warmest} °C`;
  const counts = [...kinds.values()].map(({ days }) => days).toSorted((a, b) => b - a);
  return { title, lines, counts: counts.slice(0, 3) };
}

describe("03-windows", () => {
  test("tells of each window what a direct computation over its days gives", async () => {
    const days = await readCsv("seattle-weather.csv", [
      "date",
      "precipitation",
      "temp_max",
      "weather",
    ]);
    await using program = new Program("03-windows.ts", ["--days", "63"]);
    const { code, output, errors } = await program.ended;
    const windows = output
      .trim()
      .split("\n\n")
      .map((window) => window.split("\n").map((line) => line.trim().replaceAll(/ +/g, " ")));
    expect(windows.length).toBeGreaterThanOrEqual(9);
    for (const [week, [title, ...lines]] of windows.slice(0, 9).entries()) {
      const until = (week + 1) * 7;
      const expected = expectedOf(days.slice(Math.max(0, until - 30), until));
      expect(title).toBe(expected.title);
      for (const line of lines) expect(expected.lines).toContain(line);
      expect(lines.map((line) => Number.parseInt(line, 10))).toEqual(expected.counts);
    }
    expect(errors).toBe("");
    expect(code).toBe(0);
  });
});
