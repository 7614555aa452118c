/** Owns: running the command line inside a test: what it writes where, and how it ends. */
import { type Clock, systemClock } from "../../../src/base/index.ts";
import { runCommandLine, type World } from "../../../src/cli/index.ts";

/** What a command came to. */
export interface Ran {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

export interface RunOptions {
  /** The width of the terminal that somebody looks at; without one it is a pipe. */
  readonly columns?: number;
  readonly env?: World["env"];
  readonly nowMs?: number;
  readonly store?: World["store"];
  /** What is answered to a question. */
  readonly answer?: string;
}

/** Runs `millrace` with these words. */
export async function millrace(words: readonly string[], options: RunOptions = {}): Promise<Ran> {
  const out: string[] = [];
  const err: string[] = [];
  const { answer, columns, env = { NO_COLOR: "1" }, nowMs = 1_357_008_300_000, store } = options;
  const stream = (texts: string[]) => ({
    isTTY: columns !== undefined,
    columns,
    write: (text: string) => {
      texts.push(text);
      return true;
    },
    once: () => {},
  });
  const clock: Clock = { ...systemClock, now: () => nowMs };
  const code = await runCommandLine(words, {
    stdout: stream(out),
    stderr: stream(err),
    ask:
      answer === undefined
        ? undefined
        : async (question) => {
            err.push(question);
            return answer;
          },
    env,
    clock,
    nodeVersion: "22.12.0",
    version: "0.1.0",
    user: "ada",
    host: "stream-1",
    pid: 4711,
    ...(store === undefined ? {} : { store }),
  });
  return { code, out: out.join(""), err: err.join("") };
}

/** The rows of a report that was written as JSON. */
export function dataOf<Data = readonly Record<string, unknown>[]>({ out }: Ran): Data {
  return (JSON.parse(out) as { data: Data }).data;
}
