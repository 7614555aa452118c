/**
 * Output that counts once, into PostgreSQL: departures are added to totals, and every fifth transaction loses its connection.
 *
 *   node examples/12-exactly-once-postgres.ts postgres://USER:PASSWORD@HOST/DATABASE
 *
 * It makes a table `totals` anew. In the end the program compares the totals with the data set, and exits with code 1 if
 * they differ.
 */
import { milliseconds, postgresSink, StreamingContext } from "millrace";
import { Pool } from "pg";
import { flightsByDay } from "./data/vega.ts";

const [connectionString] = process.argv.slice(2);
if (connectionString === undefined) throw new Error("say which database: postgres://...");
const pool = new Pool({ connectionString });
await pool.query("DROP TABLE IF EXISTS totals");
await pool.query("CREATE TABLE totals (airport TEXT PRIMARY KEY, flights INTEGER)");

const ssc = new StreamingContext({
  appName: "exactly-once-postgres",
  master: "local",
  batchInterval: milliseconds(20),
  defaultParallelism: 2,
  onFailure: "stop",
});
const days = await flightsByDay();
const flights = days.flat();
const departures = ssc
  .queueStream(days)
  .map(({ origin }) => [origin, 1])
  .reduceByKey((left, right) => left + right);

// A partition is written by a connection of the pool, in one transaction with the note that it was. The program survives
// the end of a connection, also at the commit, when nobody knows what became of it: the note tells.
let attempts = 0;
departures
  .saveExactlyOnce(postgresSink(pool), async (tx, rows) => {
    for (const row of rows) {
      await tx.query(
        `INSERT INTO totals VALUES ($1, $2)
        ON CONFLICT (airport) DO UPDATE SET flights = totals.flights + excluded.flights`,
        row,
      );
    }
    attempts += 1;
    if (attempts % 5 === 0) await tx.query("SELECT pg_terminate_backend(pg_backend_pid())");
  })
  .uid("totals");

ssc.addStreamingListener({
  onBatchCompleted: () => {
    if (days.length === 0) void ssc.stop();
  },
});
await ssc.start();
await ssc.awaitTermination();

const expected = new Map<string, number>();
for (const { origin } of flights) expected.set(origin, (expected.get(origin) ?? 0) + 1);
const { rows } = await pool.query<{ airport: string; flights: number }>("SELECT * FROM totals");
const wrong = rows.filter(({ airport, flights }) => expected.get(airport) !== flights);
await pool.end();

const isRight = wrong.length === 0 && rows.length === expected.size;
console.log(`${attempts} attempts, ${Math.floor(attempts / 5)} of them failed`);
console.log(
  `${isRight ? "RIGHT" : "WRONG"}: ${flights.length} flights from ${rows.length} airports`,
);
process.exitCode = isRight ? 0 : 1;
