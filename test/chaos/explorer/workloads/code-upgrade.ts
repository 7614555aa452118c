/**
 * Owns: new code over an old state: the second version keeps more per key, by a migration, and shows more.
 * A life that goes on after a crash runs the second version, whichever had been running.
 */
import { type State, StateSpec, seconds } from "../../../../src/index.ts";
import { expectedBy, pass, receive, type Workload } from "../workload.ts";

interface Visits {
  readonly count: number;
  readonly letters: number;
}

const countingSpec = StateSpec.function<string, number, number, string>(
  (word, _, state: State<number>) => {
    const count = (state.exists() ? state.get() : 0) + 1;
    state.update(count);
    return `${word} ${count}`;
  },
);

const visitsSpec = StateSpec.function<string, number, Visits, string>(
  (word, _, state: State<Visits>) => {
    const { count, letters } = state.exists() ? state.get() : { count: 0, letters: 0 };
    state.update({ count: count + 1, letters: letters + word.length });
    return `${word} ${count + 1}`;
  },
)
  .version(2)
  .migrate((count, _, word) => ({
    count: Number(count),
    letters: Number(count) * word.length,
  }));

export const codeUpgrade: Workload = {
  name: "code-upgrade",
  sources: { words: "receiver" },
  outputs: ["visits"],
  laterOutputs: ["letters"],
  program: (version) => (streams, note) => {
    const pairs = streams.get("words")?.map((word): [string, number] => [word, 1]);
    if (pairs === undefined) return;
    if (version === 1) {
      note("visits", pairs.mapWithState(countingSpec).uid("visits").checkpoint(seconds(2)));
      return;
    }
    const visits = pairs.mapWithState(visitsSpec).uid("visits");
    note("visits", visits.checkpoint(seconds(2)));
    const letters = visits.stateSnapshots().map(([word, { letters }]) => [word, letters]);
    note("letters", letters);
  },
  lives: [
    { version: 1, steps: receive("words", ["to", "be", "or", "not", "to", "be", "that"]) },
    {
      version: 2,
      steps: [...receive("words", ["to", "be", "is"]), pass(1000), ...receive("words", ["the"])],
    },
  ],
  afterwards: [...receive("words", ["to", "suffer"]), pass(800)],
  expect: (batches) => {
    const counts = new Map<string, number>();
    const seen = (words: readonly string[]) =>
      words.map((word) => {
        const count = (counts.get(word) ?? 0) + 1;
        counts.set(word, count);
        return `${word} ${count}`;
      });
    const visits = new Map<number, readonly string[]>();
    const letters = new Map<number, readonly unknown[]>();
    for (const { records, timeMs } of batches) {
      visits.set(timeMs, seen(records.get("words") ?? []));
      letters.set(
        timeMs,
        [...counts].map(([word, count]) => [word, count * word.length]),
      );
    }
    return expectedBy(batches, {
      visits: ({ timeMs }) => visits.get(timeMs) ?? [],
      letters: ({ timeMs }) => letters.get(timeMs) ?? [],
    });
  },
};
