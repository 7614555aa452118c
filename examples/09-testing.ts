/**
 * Testing: streams run over given batches under a clock that only the test moves. No real time passes.
 *
 *   node examples/09-testing.ts
 */
import assert from "node:assert/strict";
import { test } from "node:test";
import { type DStream, minutes, type State, StateSpec, StreamingContext, seconds } from "millrace";
import { ManualClock, runBatches } from "millrace/testing";

// What is tested: functions from streams to streams, as a program has them.
function wordCounts(lines: DStream<string>): DStream<[string, number]> {
  const words = lines.flatMap((line) => line.split(" "));
  return words.map((word) => [word, 1]).reduceByKey((left, right) => left + right);
}

function clicksOfVisits(clicks: DStream<[string, string]>): DStream<[string, number]> {
  const count = (visitor: string, page: string | undefined, state: State<number>) => {
    if (page === undefined) return [visitor, state.get()] as [string, number];
    state.update((state.getOption() ?? 0) + 1);
    return undefined;
  };
  return clicks.mapWithState(StateSpec.function(count).timeout(minutes(30)));
}

await test("words are counted batch by batch", async () => {
  const batches = await runBatches(
    { batchInterval: seconds(1), inputs: [[["to be", "or not to be"], [], ["to do"]]] },
    (_, lines) => wordCounts(lines),
  );
  assert.deepEqual(
    batches.map((batch) => batch?.toSorted()),
    [
      [
        ["be", 2],
        ["not", 1],
        ["or", 1],
        ["to", 2],
      ],
      [],
      [
        ["do", 1],
        ["to", 1],
      ],
    ],
  );
});

await test("a visit is over when there was no click for more than half an hour", async () => {
  const click: [string, string] = ["ada", "/"];
  const batches = await runBatches(
    { batchInterval: minutes(10), inputs: [[[click], [click, click]]], batches: 6 },
    (_, clicks) => clicksOfVisits(clicks),
  );
  assert.deepEqual(batches, [[], [], [], [], [], [["ada", 3]]]);
});

await test("a whole program runs when the clock is advanced", async () => {
  const clock = new ManualClock();
  const printed: string[] = [];
  const ssc = new StreamingContext({
    batchInterval: seconds(10),
    clock,
    print: (text) => printed.push(text),
  });
  wordCounts(ssc.queueStream([["hello world"]])).print();
  await ssc.start();
  await clock.advance(10_000);
  await ssc.stop();
  assert.match(printed.join(""), /Time: 10000 ms\n-+\n\["hello",1\]\n\["world",1\]\n/);
});
