/** Owns: sessions with time-outs, with mapWithState; a session is told of each record, and of its end. */
import { milliseconds, StateSpec, seconds } from "../../../../src/index.ts";
import { expectedBy, pass, receive, type Workload } from "../workload.ts";

const timeoutMs = 2000;

export const mapWithState: Workload = {
  name: "map-with-state",
  sources: { words: "receiver" },
  outputs: ["sessions"],
  program: () => (streams, note) => {
    const spec = StateSpec.function<string, number, number, string>((word, value, state) => {
      if (state.isTimingOut()) return `${word} left after ${state.get()}`;
      const count = (state.exists() ? state.get() : 0) + (value ?? 0);
      state.update(count);
      return `${word} ${count}`;
    }).timeout(milliseconds(timeoutMs));
    const sessions = streams
      .get("words")
      ?.map((word): [string, number] => [word, 1])
      .mapWithState(spec)
      .checkpoint(seconds(2));
    if (sessions !== undefined) note("sessions", sessions);
  },
  lives: [
    {
      version: 1,
      steps: [
        ...receive("words", ["ann", "bob", "ann", "cat"]),
        pass(1500),
        ...receive("words", ["bob", "dan"]),
        pass(2500),
        ...receive("words", ["ann", "bob"]),
      ],
    },
  ],
  afterwards: [...receive("words", ["dan", "ann"]), pass(2600)],
  expect: (batches) => {
    const sessions = new Map<string, { count: number; usedMs: number }>();
    return expectedBy(batches, {
      sessions: ({ records, timeMs }) => {
        const said: string[] = [];
        for (const word of records.get("words") ?? []) {
          const count = (sessions.get(word)?.count ?? 0) + 1;
          sessions.set(word, { count, usedMs: timeMs });
          said.push(`${word} ${count}`);
        }
        for (const [word, { count, usedMs }] of sessions) {
          if (usedMs >= timeMs - timeoutMs) continue;
          sessions.delete(word);
          said.push(`${word} left after ${count}`);
        }
        return said;
      },
    });
  },
};
