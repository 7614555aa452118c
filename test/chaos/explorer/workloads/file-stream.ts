/** Owns: files that land in a directory, and a state and a window over what is in them. */
import { seconds } from "../../../../src/index.ts";
import {
  countsOf,
  expectedBy,
  pass,
  receive,
  recordsOfWindow,
  type Workload,
} from "../workload.ts";

export const fileStream: Workload = {
  name: "file-stream",
  sources: { files: "files" },
  outputs: ["totals", "window"],
  program: () => (streams, note) => {
    const files = streams.get("files");
    if (files === undefined) return;
    const totals = files
      .flatMap((line) => line.split(" "))
      .map((word): [string, number] => [word, 1])
      .updateStateByKey<string, number, number>((ones, count) => (count ?? 0) + ones.length);
    note("totals", totals);
    note("window", files.window(seconds(3)));
  },
  lives: [
    {
      version: 1,
      steps: [
        ...receive("files", ["to be", "or not", "to be"]),
        pass(1300),
        ...receive("files", ["that is", "the question", "whether", "tis nobler"]),
      ],
    },
  ],
  afterwards: [...receive("files", ["in the mind", "to suffer"]), pass(800)],
  expect: (batches) => {
    const seen: string[] = [];
    return expectedBy(batches, {
      totals: ({ records }) => {
        for (const line of records.get("files") ?? []) seen.push(...line.split(" "));
        return countsOf(seen);
      },
      window: ({ timeMs }) => recordsOfWindow(batches, "files", { timeMs, windowMs: 3000 }),
    });
  },
};
