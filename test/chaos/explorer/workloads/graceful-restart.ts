/** Owns: lives that stop gracefully one after the other: a state, a window and a time-out that go over their ends. */
import { seconds } from "../../../../src/index.ts";
import {
  countsOf,
  expectedBy,
  pass,
  receive,
  recordsOfWindow,
  type Workload,
} from "../workload.ts";

export const gracefulRestart: Workload = {
  name: "graceful-restart",
  sources: { words: "receiver" },
  outputs: ["totals", "window"],
  program: () => (streams, note) => {
    const words = streams.get("words");
    if (words === undefined) return;
    const totals = words
      .map((word): [string, number] => [word, 1])
      .updateStateByKey<string, number, number>((ones, count) => (count ?? 0) + ones.length);
    note("totals", totals.checkpoint(seconds(3)));
    note("window", words.window(seconds(2)));
  },
  lives: [
    { version: 1, steps: receive("words", ["to", "be", "or", "not"]) },
    { version: 1, steps: [...receive("words", ["to", "be"]), pass(900)] },
    { version: 1, steps: receive("words", ["that", "is", "the"]) },
  ],
  afterwards: [...receive("words", ["to", "suffer"]), pass(800)],
  expect: (batches) => {
    const seen: string[] = [];
    return expectedBy(batches, {
      totals: ({ records }) => {
        seen.push(...(records.get("words") ?? []));
        return countsOf(seen);
      },
      window: ({ timeMs }) => recordsOfWindow(batches, "words", { timeMs, windowMs: 2000 }),
    });
  },
};
