/** Owns: windows: one that is kept up by what comes and what leaves, one that is computed whole. */
import { milliseconds, seconds } from "../../../../src/index.ts";
import {
  countsOf,
  expectedBy,
  pass,
  receive,
  recordsOfWindow,
  type Workload,
} from "../workload.ts";

const windowMs = 3000;

export const incrementalWindow: Workload = {
  name: "incremental-window",
  sources: { words: "receiver" },
  outputs: ["recent", "window"],
  program: () => (streams, note) => {
    const words = streams.get("words");
    if (words === undefined) return;
    const pairs = words.map((word): [string, number] => [word, 1]);
    const add = (a: number, b: number) => a + b;
    const options = { filter: (_: string, count: number) => count > 0 };
    const window = milliseconds(windowMs);
    const recent = pairs.reduceByKeyAndWindow(add, (a, b) => a - b, window, seconds(1), options);
    note("recent", recent.checkpoint(seconds(2)));
    note("window", words.window(window));
  },
  lives: [
    {
      version: 1,
      steps: [
        ...receive("words", ["to", "be", "or", "not", "to", "be"]),
        pass(1300),
        ...receive("words", ["that", "is"]),
        pass(1600),
        ...receive("words", ["the", "question"]),
      ],
    },
  ],
  afterwards: [...receive("words", ["to", "suffer"]), pass(1800)],
  expect: (batches) => {
    const recordsAt = (timeMs: number) => recordsOfWindow(batches, "words", { timeMs, windowMs });
    return expectedBy(batches, {
      recent: ({ timeMs }) => countsOf(recordsAt(timeMs)),
      window: ({ timeMs }) => recordsAt(timeMs),
    });
  },
};
