import pg from "pg";
import { afterAll, beforeAll, describe } from "vitest";
import { type PostgresSinkOptions, postgresSink } from "../../src/sinks/index.ts";
import { PostgresServer, postgres } from "../support/postgres-server.ts";
import { printPassedCases } from "../support/test-servers.ts";
import { describeTransactionalSink } from "./transactional-sinks.ts";

describe.skipIf(postgres.isSkipped)("on a server", () => {
  printPassedCases(postgres);
  let server: PostgresServer;
  let schemas = 0;

  beforeAll(async () => {
    server = await PostgresServer.start();
  });

  afterAll(() => server?.[Symbol.asyncDispose]());

  const levels: PostgresSinkOptions[] = [
    {},
    { isolationLevel: "repeatable read" },
    { isolationLevel: "serializable" },
  ];
  for (const level of levels) {
    const { isolationLevel = "as it comes" } = level;
    describeTransactionalSink(`PostgreSQL (${isolationLevel})`, async () => {
      // A schema is as good as a database of its own, and made sooner.
      const name = `test_${schemas++}`;
      const options = `-c search_path=${name}`;
      const connectionString = server.url;
      const pools = [
        new pg.Pool({ connectionString, options }),
        new pg.Pool({ connectionString, options }),
      ] as const;
      await pools[0].query(`CREATE SCHEMA ${name}`);
      await pools[0].query("CREATE TABLE written (id SERIAL PRIMARY KEY, text TEXT)");
      return {
        sink: postgresSink(pools[0], level),
        other: postgresSink(pools[1], level),
        write: (tx, text) => tx.query("INSERT INTO written (text) VALUES ($1)", [text]),
        failStatement: (tx) => tx.query("INSERT INTO nowhere VALUES (1)"),
        written: async () => {
          const { rows } = await pools[0].query("SELECT text FROM written ORDER BY id");
          return rows.map(({ text }: { text: string }) => text);
        },
        rowCount: async (table) => {
          const { rows } = await pools[0].query(`SELECT count(*) AS count FROM ${table}`);
          return Number((rows[0] as { count: string }).count);
        },
        close: async () => {
          await Promise.all(pools.map((pool) => pool.end()));
        },
      };
    });
  }
});
