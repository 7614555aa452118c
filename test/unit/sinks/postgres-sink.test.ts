import pg from "pg";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { commitOnce, type OutputIdentity } from "../../../src/core/index.ts";
import { postgresSink } from "../../../src/sinks/index.ts";
import { PostgresServer, postgres } from "../../support/postgres-server.ts";

const identity: OutputIdentity = {
  applicationId: "app",
  outputUid: "counts",
  batchTimeMs: 1000,
  partition: 0,
  partitionCount: 2,
  epoch: 1,
};
const code = (expected: string) => expect.objectContaining({ code: expected });

describe("postgresSink", () => {
  test("refuses an idle time that is none", () => {
    const pool = new pg.Pool();
    for (const idleInTransactionMs of [0, -1, 1.5, Number.NaN]) {
      expect(() => postgresSink(pool, { idleInTransactionMs })).toThrow(code("argument_invalid"));
    }
  });

  test("gives a connection back as broken when it cannot be rolled back", async () => {
    const released: unknown[] = [];
    const query = async (text: string) => {
      if (text === "ROLLBACK") throw new Error("connection lost");
      return { command: text, rowCount: 0, rows: [] };
    };
    const release = (error?: unknown) => void released.push(error);
    const client = { query, release, on: () => {}, off: () => {} };
    const sink = postgresSink({ connect: async () => client });
    await expect(sink.transaction(() => Promise.reject(new Error("no")))).rejects.toThrow("no");
    await sink.transaction(async () => {});
    expect(released).toEqual([new Error("connection lost"), undefined]);
  });

  test("says so when there is no server", async () => {
    const pool = new pg.Pool({ host: "127.0.0.1", port: 1 });
    await expect(commitOnce(postgresSink(pool), identity, () => {})).rejects.toEqual(
      code("sink_unreachable"),
    );
    await pool.end();
  });
});

describe.skipIf(postgres.isSkipped)("postgresSink on a server", () => {
  let server: PostgresServer;
  let pool: pg.Pool;

  beforeAll(async () => {
    server = await PostgresServer.start({ deadlock_timeout: "50ms" });
  });

  afterAll(() => server?.[Symbol.asyncDispose]());

  beforeEach(async () => {
    pool = new pg.Pool({ connectionString: server.url, max: 4 });
    // Connections that the tests kill while they are idle.
    pool.on("error", () => {});
    await pool.query("DROP TABLE IF EXISTS written, millrace_commits, millrace_epochs");
    await pool.query("CREATE TABLE written (id TEXT PRIMARY KEY, count INTEGER)");
  });

  afterEach(() => pool.end());

  const insert = (id: string) => (tx: pg.PoolClient) =>
    tx.query("INSERT INTO written VALUES ($1, 0)", [id]);
  const ids = async () =>
    (await pool.query<{ id: string }>("SELECT id FROM written ORDER BY id")).rows.map(
      ({ id }) => id,
    );

  test("does not take a rollback for a commit when a failed statement was passed over", async () => {
    const passedOver = commitOnce(postgresSink(pool), identity, async (tx) => {
      await insert("a")(tx);
      await tx.query("INSERT INTO nowhere VALUES (1)").catch(() => {});
    });
    await expect(passedOver).rejects.toEqual(code("sink_not_committed"));
    expect(await commitOnce(postgresSink(pool), identity, insert("a"))).toBe("committed");
  });

  test("fault 11: what was committed while the answer was lost is not written again", async () => {
    const losing = {
      connect: async () => {
        const client = await pool.connect();
        const query = client.query.bind(client) as (...args: unknown[]) => Promise<pg.QueryResult>;
        return {
          query: async (text: string, parameters?: unknown[]) => {
            const result = await query(text, parameters);
            if (text === "COMMIT" && (await ids()).length > 0) throw new Error("connection lost");
            return result;
          },
          release: (error?: Error | boolean) => client.release(error),
          on: client.on.bind(client),
          off: client.off.bind(client),
        };
      },
    };
    const lost = commitOnce(postgresSink(losing), identity, (tx) =>
      tx.query("INSERT INTO written VALUES ('a', 0)"),
    );
    await expect(lost).rejects.toThrow("connection lost");
    expect(await commitOnce(postgresSink(pool), identity, insert("a"))).toBe("skipped");
    expect(await ids()).toEqual(["a"]);
  });

  test("survives a connection that ends within a transaction, and does not use it again", async () => {
    const sink = postgresSink(pool);
    const killed = commitOnce(sink, identity, async (tx) => {
      await insert("a")(tx);
      const { rows } = await tx.query<{ pid: number }>("SELECT pg_backend_pid() AS pid");
      await pool.query("SELECT pg_terminate_backend($1)", [rows[0]?.pid]);
      await new Promise((resolve) => setTimeout(resolve, 50));
      await insert("b")(tx);
    });
    await expect(killed).rejects.toThrow(/terminat|not queryable/i);
    for (let tries = 0; tries < 6; tries++) await commitOnce(sink, identity, insert("a"));
    expect(await ids()).toEqual(["a"]);
  });

  test("fault 26: a driver that stands still within a transaction keeps the next one waiting for a bounded time", async () => {
    const paused = postgresSink(pool, { idleInTransactionMs: 300 });
    let isInside = (): void => {};
    const inside = new Promise<void>((resolve) => {
      isInside = resolve;
    });
    let goOn = (): void => {};
    const zombie = commitOnce(paused, identity, async (tx) => {
      await insert("old")(tx);
      isInside();
      await new Promise<void>((resolve) => {
        goOn = resolve;
      });
    });
    zombie.catch(() => {});
    await inside;
    const next = { ...identity, epoch: 2 };
    expect(await commitOnce(postgresSink(pool), next, insert("new"))).toBe("committed");
    goOn();
    await expect(zombie).rejects.toThrow(/terminat|not queryable/i);
    expect(await ids()).toEqual(["new"]);
  });

  test("a later driver begins after the transactions of the earlier one, not among them", async () => {
    const order: string[] = [];
    let begin = (): void => {};
    const begun = new Promise<void>((resolve) => {
      begin = resolve;
    });
    const earlier = commitOnce(postgresSink(pool), identity, async (tx) => {
      await insert("earlier")(tx);
      begin();
      await new Promise((resolve) => setTimeout(resolve, 200));
      order.push("earlier");
    });
    await begun;
    const next = { ...identity, batchTimeMs: 2000, epoch: 2 };
    const later = commitOnce(postgresSink(pool), next, () => order.push("later"));
    await Promise.all([earlier, later]);
    expect(order).toEqual(["earlier", "later"]);
  });

  test("partitions that deadlock are written again", async () => {
    await pool.query("INSERT INTO written VALUES ('x', 0), ('y', 0)");
    const sink = postgresSink(pool);
    const both = (partition: number, rows: readonly string[]) =>
      commitOnce(sink, { ...identity, partition }, async (tx) => {
        for (const id of rows) {
          await tx.query("UPDATE written SET count = count + 1 WHERE id = $1", [id]);
          await new Promise((resolve) => setTimeout(resolve, 100));
        }
      });
    await Promise.all([both(0, ["x", "y"]), both(1, ["y", "x"])]);
    const { rows } = await pool.query("SELECT id, count FROM written ORDER BY id");
    expect(rows).toEqual([
      { id: "x", count: 2 },
      { id: "y", count: 2 },
    ]);
  });

  test("commits durably on a server that would not do so by itself", async () => {
    await pool.query("ALTER DATABASE postgres SET synchronous_commit = off");
    const careless = new pg.Pool({ connectionString: server.url });
    try {
      const modeIn = async (client: pg.Pool | pg.PoolClient) =>
        (await client.query("SHOW synchronous_commit")).rows[0];
      expect(await modeIn(careless)).toEqual({ synchronous_commit: "off" });
      const seen: unknown[] = [];
      await commitOnce(postgresSink(careless), identity, async (tx) => {
        seen.push(await modeIn(tx));
      });
      expect(seen).toEqual([{ synchronous_commit: "on" }]);
    } finally {
      await careless.end();
      await pool.query("ALTER DATABASE postgres RESET synchronous_commit");
    }
  });

  test("needs no right to make tables where they are", async () => {
    await postgresSink(pool).prepare();
    await pool.query("DROP ROLE IF EXISTS writer");
    await pool.query("CREATE ROLE writer LOGIN");
    await pool.query(
      "GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO writer",
    );
    const writers = new pg.Pool({ connectionString: server.url.replace("millrace@", "writer@") });
    try {
      await expect(writers.query("CREATE TABLE mine (a TEXT)")).rejects.toThrow(
        "permission denied",
      );
      expect(await commitOnce(postgresSink(writers), identity, insert("a"))).toBe("committed");
    } finally {
      await writers.end();
      await pool.query("DROP OWNED BY writer");
    }
  });
});
