/**
 * Output that counts once: departures are added to totals in SQLite, and every fifth attempt to write is made to fail.
 *
 *   node examples/11-exactly-once-sqlite.ts [FILE]       (default: a file in a temporary directory)
 *
 * A total that is added to shows each record that is written twice, or not at all. In the end the program compares the
 * totals with the data set, and exits with code 1 if they differ.
 */
import { mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { milliseconds, StreamingContext, sqliteSink } from "millrace";
import { flightsByDay } from "./data/vega.ts";

const [file = join(mkdtempSync(join(tmpdir(), "millrace-")), "totals.sqlite")] =
  process.argv.slice(2);
const database = new DatabaseSync(file);
database.exec("DROP TABLE IF EXISTS totals");
database.exec("CREATE TABLE totals (airport TEXT PRIMARY KEY, flights INTEGER)");

const ssc = new StreamingContext({
  appName: "exactly-once-sqlite",
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

// A partition is written in one transaction, and so is the note that it was: where the note is, a retry writes nothing.
// The uid names the output in that note, so that it stays the same when the program changes.
let attempts = 0;
departures
  .saveExactlyOnce(sqliteSink(database), (tx, rows) => {
    const add = tx.prepare(`INSERT INTO totals VALUES (?, ?)
      ON CONFLICT DO UPDATE SET flights = flights + excluded.flights`);
    for (const [airport, count] of rows) add.run(airport, count);
    attempts += 1;
    if (attempts % 5 === 0) throw new Error("the disk is unplugged");
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
const totals = database.prepare("SELECT airport, flights FROM totals ORDER BY airport").all();
const wrong = totals.filter(({ airport, flights }) => expected.get(String(airport)) !== flights);
database.close();

const isRight = wrong.length === 0 && totals.length === expected.size;
console.log(`${attempts} attempts, ${Math.floor(attempts / 5)} of them failed`);
console.log(
  `${isRight ? "RIGHT" : "WRONG"}: ${flights.length} flights from ${totals.length} airports`,
);
process.exitCode = isRight ? 0 : 1;
