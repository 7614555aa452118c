/**
 * Output to a database: departures by day and airport, written into SQLite, each partition by a connection of its own.
 *
 *   node examples/08-database-sink.ts [FILE]       (default: a file in a temporary directory)
 *
 * A day per batch; it ends when all days are written, and shows what a query finds then.
 */
import { mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { milliseconds, StreamingContext } from "millrace";
import { flightsByDay } from "./data/vega.ts";

const [file = join(mkdtempSync(join(tmpdir(), "millrace-")), "departures.sqlite")] =
  process.argv.slice(2);

const database = new DatabaseSync(file);
database.exec(`CREATE TABLE IF NOT EXISTS departures
  (day TEXT, airport TEXT, flights INTEGER, PRIMARY KEY (day, airport))`);

const ssc = new StreamingContext({
  appName: "database-sink",
  master: "local",
  batchInterval: milliseconds(20),
  defaultParallelism: 2,
  onFailure: "stop",
});
const queue = await flightsByDay();
const departures = ssc
  .queueStream(queue)
  .map(({ date, origin }) => [[date.slice(0, 10), origin] as const, 1])
  .reduceByKey((left, right) => left + right);

// A batch that failed is tried again, so what is written must be the same however often that happens: a row has a key,
// and is replaced. All rows of a partition are written, or none: closing undoes what is not committed.
departures.foreachPartition((rows) => {
  const connection = new DatabaseSync(file);
  try {
    const insert = connection.prepare("INSERT OR REPLACE INTO departures VALUES (?, ?, ?)");
    connection.exec("BEGIN");
    for (const [[day, airport], flights] of rows) insert.run(day, airport, flights);
    connection.exec("COMMIT");
  } finally {
    connection.close();
  }
});

ssc.addStreamingListener({
  onBatchCompleted: () => {
    if (queue.length === 0) void ssc.stop();
  },
});
await ssc.start();
await ssc.awaitTermination();

console.log(`Busiest airports, from ${file}`);
const busiest = database.prepare(`SELECT airport, sum(flights) AS flights, count(*) AS days
  FROM departures GROUP BY airport ORDER BY flights DESC, airport LIMIT 5`);
for (const { airport, flights, days } of busiest.all()) {
  console.log(`${airport}: ${flights} flights on ${days} days`);
}
database.close();
