import pg from "pg";
import { describe, expect, test } from "vitest";
import { PostgresServer, postgres } from "../support/postgres-server.ts";
import { Program } from "./program.ts";

describe("12-exactly-once-postgres", () => {
  test("needs to be told the database", async () => {
    await using program = new Program("12-exactly-once-postgres.ts");
    const { code, errors } = await program.ended;
    expect(errors).toContain("say which database");
    expect(code).toBe(1);
  });

  test.skipIf(postgres.isSkipped)(
    "adds each flight once, though every fifth transaction loses its connection",
    async () => {
      await using server = await PostgresServer.start();
      await using program = new Program("12-exactly-once-postgres.ts", [server.url]);
      const { code, output } = await program.ended;
      expect(output).toMatch(
        /^\d+ attempts, [1-9]\d+ of them failed\nRIGHT: 2000 flights from \d+ /,
      );
      expect(code).toBe(0);
      const client = new pg.Client(server.url);
      await client.connect();
      const { rows } = await client.query("SELECT sum(flights)::int AS flights FROM totals");
      const notes = await client.query("SELECT * FROM millrace_commits");
      await client.end();
      expect(rows).toEqual([{ flights: 2000 }]);
      // Without a checkpoint directory nobody will ask for them.
      expect(notes.rows).toEqual([]);
    },
    // Two thousand statements, and a new connection after each that was lost, on a machine that has other things to do.
    120_000,
  );
});
