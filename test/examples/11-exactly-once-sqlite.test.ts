import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { Program } from "./program.ts";

describe("11-exactly-once-sqlite", () => {
  let place: string;

  beforeEach(async () => {
    place = await mkdtemp(join(tmpdir(), "millrace-example-"));
  });

  afterEach(() => rm(place, { recursive: true, force: true }));

  test("adds each flight once, though one attempt in five fails", async () => {
    const file = join(place, "totals.sqlite");
    await using program = new Program("11-exactly-once-sqlite.ts", [file]);
    const { code, output } = await program.ended;
    expect(output).toMatch(/^\d+ attempts, [1-9]\d+ of them failed\nRIGHT: 2000 flights from \d+ /);
    expect(code).toBe(0);
    const database = new DatabaseSync(file);
    const [row] = database.prepare("SELECT sum(flights) AS flights FROM totals").all();
    database.close();
    expect(row).toEqual({ flights: 2000 });
  });
});
