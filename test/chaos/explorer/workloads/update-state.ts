/** Owns: a state over all records, with updateStateByKey. */
import { countsOf, expectedBy, pass, receive, type Workload } from "../workload.ts";

export const updateState: Workload = {
  name: "update-state",
  sources: { words: "receiver" },
  outputs: ["totals"],
  program: () => (streams, note) => {
    const totals = streams
      .get("words")
      ?.map((word): [string, number] => [word, 1])
      .updateStateByKey<string, number, number>(
        (ones, count) => (count ?? 0) + ones.reduce((sum, one) => sum + one, 0),
      );
    if (totals !== undefined) note("totals", totals);
  },
  lives: [
    {
      version: 1,
      steps: [
        ...receive("words", ["to", "be", "or", "not", "to", "be", "that", "is"]),
        pass(1000),
        ...receive("words", ["to", "be"]),
      ],
    },
  ],
  afterwards: [...receive("words", ["to", "suffer"]), pass(800)],
  expect: (batches) => {
    const seen: string[] = [];
    return expectedBy(batches, {
      totals: ({ records }) => {
        seen.push(...(records.get("words") ?? []));
        return countsOf(seen);
      },
    });
  },
};
