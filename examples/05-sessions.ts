/**
 * State with a time-out: clicks become visits. A visit is over when its visitor has not clicked for more than three
 * batches.
 *
 *   node examples/05-sessions.ts
 *
 * It ends when there are no more clicks and all visits are over.
 */
import { application, milliseconds, type State, StateSpec } from "millrace";

type Click = [visitor: string, page: string];

interface Visit {
  readonly fromMs: number;
  readonly untilMs: number;
  readonly pages: readonly string[];
}

// The clicks of each batch.
const clicks: Click[][] = [
  [["ada", "/"]],
  [
    ["bob", "/docs"],
    ["ada", "/docs"],
  ],
  [["ada", "/docs/windows"]],
  [],
  [["ada", "/docs/joins"]],
  [["cyd", "/"]],
  [],
  [],
  [["bob", "/"]],
  [["ada", "/"]],
];

const batchInterval = milliseconds(100);

// Called for each click; and once more, without one, for a visitor whose time is out.
function follow(visitor: string, page: string | undefined, state: State<Visit>, timeMs: number) {
  if (page === undefined) return describe(visitor, state.get());
  const { fromMs, pages } = state.getOption() ?? { fromMs: timeMs, pages: [] };
  state.update({ fromMs, untilMs: timeMs, pages: [...pages, page] });
  return undefined;
}

function describe(visitor: string, { fromMs, untilMs, pages }: Visit): string {
  return `${visitor} left after ${untilMs - fromMs} ms: ${pages.join(" > ")}`;
}

export default application({ appName: "sessions", master: "local", batchInterval }, (ssc) => {
  const visits = ssc
    .queueStream(clicks)
    .mapWithState(StateSpec.function(follow).timeout(milliseconds(3 * batchInterval)));

  visits.foreachRDD(async (ended) => {
    for (const visit of await ended.collect()) console.log(visit);
  });

  visits.stateSnapshots().foreachRDD(async (open) => {
    const visitors = await open.keys().collect();
    console.log(`here now: ${visitors.toSorted().join(", ") || "nobody"}`);
    if (clicks.length === 0 && visitors.length === 0) void ssc.stop();
  });
});
