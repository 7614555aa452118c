/**
 * Owns: word count over lines that come by TCP on this machine, from the first byte to the last batch, against a program
 * that reads the same lines from a socket and counts their words itself.
 */
import { fork } from "node:child_process";
import { once } from "node:events";
import { connect } from "node:net";
import { milliseconds, StreamingContext } from "millrace";
import type { Benchmark } from "../benchmark.ts";
import { ratio, sideBySide, spread } from "../measure.ts";

const lineCount = 500_000;
const serverUrl = new URL("line-server.ts", import.meta.url);

export const socket: Benchmark = {
  name: "socket",
  run: async () => {
    const server = fork(serverUrl, [String(lineCount)]);
    const [port] = (await once(server, "message")) as [number];
    const [engineMs = [], ownMs = []] = await sideBySide(
      [
        { name: "engine", run: () => countByEngine(port) },
        { name: "own program", run: () => countBySocket(port) },
      ],
      { rounds: 7, warmUps: 2 },
    );
    server.disconnect();
    const perSecond = (ms: number) => Math.round((lineCount / ms) * 1000);
    const time = spread(engineMs);
    return [
      {
        name: "lines of ten words counted, end to end",
        unit: "records/s",
        value: {
          median: perSecond(time.median),
          low: perSecond(time.high),
          high: perSecond(time.low),
        },
      },
      {
        name: "speed, of a program's that reads the socket itself",
        unit: "x",
        value: ratio(ownMs, engineMs),
      },
    ];
  },
};

async function countByEngine(port: number): Promise<void> {
  const context = new StreamingContext({ batchInterval: milliseconds(100), onFailure: "stop" });
  const counts = new Map<string, number>();
  let lines = 0;
  const received = context.socketTextStream("127.0.0.1", port);
  received
    .flatMap((line) => line.split(" "))
    .map((word): [string, number] => [word, 1])
    .reduceByKey((a, b) => a + b)
    .foreachRDD(async (dataset) => {
      for (const [word, count] of await dataset.collect()) {
        counts.set(word, (counts.get(word) ?? 0) + count);
      }
    });
  received.foreachRDD(async (dataset) => {
    lines += await dataset.count();
    if (lines === lineCount) void context.stop();
  });
  await context.start();
  await context.awaitTermination();
  assertAllWords(counts);
}

async function countBySocket(port: number): Promise<void> {
  const counts = new Map<string, number>();
  const stream = connect(port, "127.0.0.1").setEncoding("utf8");
  let lines = 0;
  let rest = "";
  for await (const text of stream as AsyncIterable<string>) {
    const complete = (rest + text).split("\n");
    rest = complete.pop() ?? "";
    for (const line of complete) {
      for (const word of line.split(" ")) counts.set(word, (counts.get(word) ?? 0) + 1);
    }
    lines += complete.length;
    if (lines === lineCount) break;
  }
  assertAllWords(counts);
}

function assertAllWords(counts: ReadonlyMap<string, number>): void {
  const words = [...counts.values()].reduce((sum, count) => sum + count, 0);
  if (words !== 10 * lineCount) throw new Error(`${words} words were counted`);
}
