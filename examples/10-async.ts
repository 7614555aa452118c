/**
 * What a TypeScript program has at hand: an async generator as the source, and promises in the middle of a stream.
 *
 *   node examples/10-async.ts
 *
 * The lines of a file are read as fast as they can be taken, and counted by state; a service is asked for each state, eight
 * questions at a time. It ends when the file does.
 */
import { once } from "node:events";
import { open, readFile } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { milliseconds, StreamingContext } from "millrace";
import { cellsOf, pathOf } from "./data/vega.ts";

// The service: the capital of the state that is the path of the request.
type Capital = { state: string; city: string };
const capitals = JSON.parse(await readFile(pathOf("us-state-capitals.json"), "utf8")) as Capital[];
const service = createServer((request, response) => {
  const state = decodeURIComponent(request.url ?? "").slice(1);
  response.end(capitals.find((capital) => capital.state === state)?.city ?? "no capital");
}).listen(0, "127.0.0.1");
await once(service, "listening");
const { port } = service.address() as AddressInfo;

const ssc = new StreamingContext({
  appName: "async",
  master: "local",
  batchInterval: milliseconds(200),
  receiverMaxRate: 5_000,
});

async function* lines(): AsyncGenerator<string> {
  const file = await open(pathOf("birdstrikes.csv"));
  yield* file.readLines();
}

const strikes = ssc
  // When the last line has been taken, a graceful stop has it processed.
  .iterableStream(lines, { onEnd: () => ssc.stop() })
  .filter((line) => !line.startsWith("Airport Name,"))
  .map((line) => cellsOf(line)[5] ?? "")
  .countByValue()
  .mapAsync(
    async ([state, count]) => {
      const answer = await fetch(`http://127.0.0.1:${port}/${encodeURIComponent(state)}`);
      return { place: `${state} (${await answer.text()})`, count };
    },
    { concurrency: 8 },
  );

const totals = new Map<string, number>();
strikes.foreachRDD(async (dataset) => {
  const batch = await dataset.collect();
  for (const { place, count } of batch) totals.set(place, (totals.get(place) ?? 0) + count);
  const sum = batch.reduce((total, { count }) => total + count, 0);
  console.log(`${sum} bird strikes in ${batch.length} states`);
});

await ssc.start();
await ssc.awaitTermination();
service.close();

console.log("\nMost bird strikes");
const most = [...totals].toSorted(([, one], [, other]) => other - one).slice(0, 5);
for (const [place, count] of most) console.log(`${place}: ${count}`);
