import { describe, expect, test } from "vitest";
import {
  LiveTable,
  progressLine,
  type TableFigures,
  tableLines,
} from "../../examples/flights/live-table.ts";

const figures: TableFigures = {
  progress: {
    flights: 1_234_567,
    total: 3_000_000,
    day: "2001-03-16",
    elapsedMs: 10_000,
    batches: 10,
    lastBatch: { records: 61_234, processingMs: 87.6, waitedMs: 3 },
  },
  airports: new Map([
    ["ABE", { flights: 1_000, meanDelay: -3.25, worstDelay: 80 }],
    ["ORD", { flights: 166_341, meanDelay: 12.04, worstDelay: 1_435 }],
  ]),
  routes: new Map([
    ["ABE-ORD", { flights: 4, delaySum: 4_000 }],
    ["ORD-ABE", { flights: 10, delaySum: 55 }],
    ["ORD-LAX", { flights: 5, delaySum: 100 }],
  ]),
  windowSeconds: 10,
};

function record() {
  const written: string[] = [];
  return { written, write: (text: string) => void written.push(text) };
}

describe("the live table", () => {
  test("shows the busiest airports first, and the routes with the worst mean of enough flights", () => {
    expect(tableLines(figures).slice(0, 7)).toEqual([
      "[########............] 41 %  1,234,567 of 3,000,000 flights, until 2001-03-16",
      "123,457 flights/s, batch 10: 61,234 in 88 ms, 3 ms late",
      "",
      "Delays in minutes, all flights so far         Most delayed routes, last 10 s",
      "from        flights     mean    worst         route       flights     mean",
      "ORD         166,341     12.0    1,435         ORD-LAX           5     20.0",
      "ABE           1,000     -3.3       80         ORD-ABE          10      5.5",
    ]);
  });

  test("has the same number of lines however many airports and routes there are", () => {
    const airports = new Map(
      Array.from({ length: 50 }, (_, index) => [
        `A${index}`,
        { flights: index, meanDelay: 0, worstDelay: 0 },
      ]),
    );
    const none = { ...figures, airports: new Map(), routes: new Map() };
    expect(tableLines({ ...figures, airports })).toHaveLength(15);
    expect(tableLines(none)).toHaveLength(15);
  });

  test("is no wider than a small terminal", () => {
    expect(Math.max(...tableLines(figures).map((line) => line.length))).toBeLessThanOrEqual(80);
  });

  test("shows no progress at the start and full progress at the end", () => {
    const lastBatch = { records: 0, processingMs: 0, waitedMs: 0 };
    const progress = { flights: 0, total: 10, day: "", elapsedMs: 0, batches: 0, lastBatch };
    expect(progressLine(progress)).toBe(
      `[${".".repeat(20)}] 0 %  0 of 10 flights, 0 flights/s, batch 0: 0 in 0 ms`,
    );
    expect(progressLine({ ...progress, flights: 10 })).toContain(`[${"#".repeat(20)}] 100 %`);
  });

  test("is drawn again over itself on a terminal", () => {
    const output = record();
    const table = new LiveTable({ isTTY: true, write: output.write });
    table.show(figures);
    table.show(figures);
    const [first, second] = output.written;
    expect(second).toBe(`\x1b[15F${first}`);
    table.finish(figures);
    table.show(figures);
    expect(output.written.at(-1)).toBe(first);
  });

  test("is cut to the size of a small terminal, so that it can be drawn over", () => {
    const output = record();
    const table = new LiveTable({ isTTY: true, columns: 30, rows: 8, write: output.write });
    table.show(figures);
    const lines = (output.written[0] ?? "").split("\n");
    const shown = lines.slice(0, -1).map((line) => line.replace("\x1b[K", ""));
    expect(shown).toEqual(
      tableLines(figures)
        .slice(0, 7)
        .map((line) => line.slice(0, 30)),
    );
    table.show(figures);
    expect(output.written[1]?.startsWith("\x1b[7F")).toBe(true);
  });

  test("stays below what is said meanwhile", () => {
    const output = record();
    const table = new LiveTable({ isTTY: true, write: output.write });
    table.say("before");
    table.show(figures);
    table.say("lost the feeder");
    const [before, drawn, said, again] = output.written;
    expect(before).toBe("before\n");
    expect(said).toBe("\x1b[15F\x1b[Jlost the feeder\n");
    expect(again).toBe(drawn);
  });

  test("is a line for every fifth batch, and a table at the end, where there is no terminal", () => {
    const output = record();
    const table = new LiveTable({ write: output.write });
    for (let batch = 0; batch < 11; batch += 1) table.show(figures);
    expect(output.written).toEqual(Array(3).fill(`${progressLine(figures.progress)}\n`));
    table.finish(figures);
    expect(output.written.at(-1)).toBe(`${tableLines(figures).join("\n")}\n`);
  });
});
