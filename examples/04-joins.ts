/**
 * Joins: the departures and arrivals of each day, one stream joined with the other, and with a dataset of airports.
 *
 *   node examples/04-joins.ts [--days N] [--state XX]
 *
 * A day per batch; it ends when all days have been looked at.
 */
import { parseArgs } from "node:util";
import { milliseconds, StreamingContext } from "millrace";
import { flightsByDay, readCsv } from "./data/vega.ts";

const { values: options } = parseArgs({
  options: { days: { type: "string", default: "7" }, state: { type: "string", default: "CA" } },
});

const ssc = new StreamingContext({
  appName: "joins",
  master: "local",
  batchInterval: milliseconds(50),
});

// The dataset: the cities of one state by airport code. It is put where the joins look for it once, and kept there.
const airports = ssc.data
  .parallelize(await readCsv("airports.csv", ["iata", "city", "state"]))
  .filter(({ state }) => state === options.state)
  .map(({ iata, city }) => [iata, city])
  .partitionBy(ssc.data.defaultParallelism)
  .persist();

const queue = (await flightsByDay()).slice(0, Number(options.days));
const flights = ssc.queueStream(queue);
const departures = flights.map(({ origin }) => [origin, 1]).reduceByKey((a, b) => a + b);
const arrivals = flights.map(({ destination }) => [destination, 1]).reduceByKey((a, b) => a + b);

// Stream with stream, batch by batch: an airport may have only one of the two.
const traffic = departures
  .fullOuterJoin(arrivals)
  .mapValues(([departed = 0, arrived = 0]) => ({ departed, arrived }));

// Stream with dataset: what has no partner there, as it lies in another state, is left out.
const named = traffic.transform((day) => day.join(airports));

let day = 0;
named.foreachRDD(async (dataset) => {
  day += 1;
  console.log(`Day ${day}`);
  for (const [code, [{ departed, arrived }, city]] of await dataset.sortByKey().collect()) {
    console.log(`  ${code} ${city}: ${departed} departed, ${arrived} arrived`);
  }
});

ssc.addStreamingListener({
  onBatchCompleted: () => {
    if (queue.length === 0) void ssc.stop();
  },
});
await ssc.start();
await ssc.awaitTermination();
