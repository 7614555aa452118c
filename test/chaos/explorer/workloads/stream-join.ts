/** Owns: the join of two streams, each with a receiver: within a batch, and with a window. */
import { seconds } from "../../../../src/index.ts";
import {
  expectedBy,
  pass,
  receive,
  recordsOfWindow,
  type Step,
  type Workload,
} from "../workload.ts";

const pairOf = (record: string): [string, string] => {
  const [key = "", value = ""] = record.split("=");
  return [key, value];
};

/** One of each side by turns. */
const both = (clicks: readonly string[], views: readonly string[]): Step[] =>
  clicks.flatMap((click, index) => [
    ...receive("clicks", [click]),
    ...receive("views", views.slice(index, index + 1)),
  ]);

export const streamJoin: Workload = {
  name: "stream-join",
  sources: { clicks: "receiver", views: "receiver" },
  outputs: ["joined", "recent"],
  program: () => (streams, note) => {
    const clicks = streams.get("clicks")?.map(pairOf);
    const views = streams.get("views")?.map(pairOf);
    if (clicks === undefined || views === undefined) return;
    note("joined", clicks.join(views));
    note("recent", clicks.join(views.window(seconds(2))));
  },
  lives: [
    {
      version: 1,
      steps: [
        ...both(["a=1", "b=2", "a=3"], ["a=x", "a=y", "b=z"]),
        pass(500),
        ...both(["b=4", "c=5"], ["c=u", "a=v"]),
      ],
    },
  ],
  afterwards: [...both(["a=6"], ["c=w"]), pass(800)],
  expect: (batches) => {
    const join = (clicks: readonly string[], views: readonly string[]) =>
      clicks.map(pairOf).flatMap(([key, click]) =>
        views
          .map(pairOf)
          .filter(([other]) => other === key)
          .map(([, view]) => [key, [click, view]]),
      );
    return expectedBy(batches, {
      joined: ({ records }) => join(records.get("clicks") ?? [], records.get("views") ?? []),
      recent: ({ records, timeMs }) => {
        const views = recordsOfWindow(batches, "views", { timeMs, windowMs: 2000 });
        return join(records.get("clicks") ?? [], views);
      },
    });
  },
};
