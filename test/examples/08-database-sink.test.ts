import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { flightsByDay } from "../../examples/data/vega.ts";
import { Program } from "./program.ts";

describe("08-database-sink", () => {
  let place: string;

  beforeEach(async () => {
    place = await mkdtemp(join(tmpdir(), "millrace-example-"));
  });

  afterEach(() => rm(place, { recursive: true, force: true }));

  test("writes each day's departures once, also when it runs a second time", async () => {
    const counts = new Map<string, number>();
    for (const { date, origin } of (await flightsByDay()).flat()) {
      const key = `${date.slice(0, 10)} ${origin}`;
      counts.set(key, (counts.get(key) ?? 0) + 1);
    }
    const file = join(place, "departures.sqlite");
    for (const _ of ["first run", "second run"]) {
      await using program = new Program("08-database-sink.ts", [file]);
      const { code, output } = await program.ended;
      expect(output).toContain("ORD: 119 flights on 67 days");
      expect(code).toBe(0);
    }
    const database = new DatabaseSync(file);
    const rows = database.prepare("SELECT day || ' ' || airport AS key, flights FROM departures");
    const written = new Map(rows.all().map(({ key, flights }) => [key, flights]));
    database.close();
    expect(written).toEqual(counts);
  });
});
