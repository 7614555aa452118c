import pg from "pg";
import { afterAll, beforeAll, describe } from "vitest";
import { type PostgresSinkOptions, postgresSink } from "../../src/sinks/index.ts";
import { hasPostgres, PostgresServer } from "../support/postgres-server.ts";
import { describeTransactionalSink } from "./transactional-sinks.ts";

describe.skipIf(!hasPostgres())("on a server", () => {
  let server: PostgresServer;
  let databases = 0;

  beforeAll(async () => {
    server = await PostgresServer.start();
  });

  afterAll(() => server[Symbol.asyncDispose]());

  const levels: PostgresSinkOptions[] = [
    {},
    { isolationLevel: "repeatable read" },
    { isolationLevel: "serializable" },
  ];
  for (const options of levels) {
    const level = options.isolationLevel ?? "as it comes";
    describeTransactionalSink(`PostgreSQL (${level})`, async () => {
      const name = `test_${databases++}`;
      const admin = new pg.Client(server.url);
      await admin.connect();
      await admin.query(`CREATE DATABASE ${name}`);
      await admin.end();
      const connectionString = server.url.replace(/postgres$/, name);
      const pools = [new pg.Pool({ connectionString }), new pg.Pool({ connectionString })] as const;
      await pools[0].query("CREATE TABLE written (id SERIAL PRIMARY KEY, text TEXT)");
      return {
        sink: postgresSink(pools[0], options),
        other: postgresSink(pools[1], options),
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
