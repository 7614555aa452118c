/** Owns: the word count of lines that a receiver stores and logs. */
import { countsOf, expectedBy, pass, receive, type Workload } from "../workload.ts";

const words = (lines: readonly string[]) => lines.flatMap((line) => line.split(" "));

export const wordCount: Workload = {
  name: "word-count",
  sources: { lines: "receiver" },
  outputs: ["counts"],
  program: () => (streams, note) => {
    const counts = streams
      .get("lines")
      ?.flatMap((line) => line.split(" "))
      .map((word): [string, number] => [word, 1])
      .reduceByKey((a, b) => a + b);
    if (counts !== undefined) note("counts", counts);
  },
  lives: [
    {
      version: 1,
      steps: [
        ...receive("lines", ["to be", "or not", "to be", "that", "is the question", "whether"]),
        pass(700),
        ...receive("lines", ["tis nobler", "in the mind", "to suffer"]),
      ],
    },
  ],
  afterwards: [...receive("lines", ["the slings", "and arrows"]), pass(800)],
  expect: (batches) =>
    expectedBy(batches, { counts: ({ records }) => countsOf(words(records.get("lines") ?? [])) }),
};
