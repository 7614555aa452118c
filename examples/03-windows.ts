/**
 * Windows: the weather of Seattle, a day per batch. Each week the program tells what the last 30 days were like.
 *
 *   node examples/03-windows.ts [--days N]
 *
 * It ends when all days have been looked at.
 */
import { parseArgs } from "node:util";
import { milliseconds, StreamingContext } from "millrace";
import { readCsv } from "./data/vega.ts";

const { values: options } = parseArgs({ options: { days: { type: "string", default: "91" } } });

const rows = await readCsv("seattle-weather.csv", ["date", "precipitation", "temp_max", "weather"]);
const days = rows.slice(0, Number(options.days)).map((row) => ({
  date: row.date,
  // In tenths of a millimetre: whole numbers, so that sums lose nothing when days are subtracted again.
  rain: Math.round(Number(row.precipitation) * 10),
  warmest: Number(row.temp_max),
  kind: row.weather,
}));

const day = milliseconds(20);
const week = milliseconds(7 * day);
const month = milliseconds(30 * day);

const ssc = new StreamingContext({ appName: "windows", master: "local", batchInterval: day });
const queue = days.map((day) => [day]);
const weather = ssc.queueStream(queue);

// A maximum cannot be told from the maximum before and what leaves the window, so each window is reduced anew.
const extremes = weather
  .map(({ date, warmest }) => ({ days: 1, until: date, warmest }))
  .reduceByWindow(
    (one, other) => ({
      days: one.days + other.days,
      until: one.until > other.until ? one.until : other.until,
      warmest: Math.max(one.warmest, other.warmest),
    }),
    month,
    week,
  );

// Sums can: the days that enter the window are added, those that leave it are subtracted, and nothing else is touched.
const kinds = weather
  .map(({ kind, rain }) => [kind, { days: 1, rain }])
  .reduceByKeyAndWindow(
    (one, other) => ({ days: one.days + other.days, rain: one.rain + other.rain }),
    (total, leaving) => ({ days: total.days - leaving.days, rain: total.rain - leaving.rain }),
    month,
    week,
    { filter: (_, { days }) => days > 0 },
  );

extremes.foreachRDD(async (window) => {
  for (const { days, until, warmest } of await window.collect()) {
    console.log(`\n${days} days until ${until}, up to ${warmest} °C`);
  }
});
kinds.foreachRDD(async (window) => {
  for (const [kind, { days, rain }] of await window.top(3, ([, a], [, b]) => a.days - b.days)) {
    console.log(`${String(days).padStart(4)} of ${kind.padEnd(8)} ${(rain / 10).toFixed(1)} mm`);
  }
});

ssc.addStreamingListener({
  onBatchCompleted: () => {
    if (queue.length === 0) void ssc.stop();
  },
});
await ssc.start();
await ssc.awaitTermination();
