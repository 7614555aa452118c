/** Owns: the master whose executors are objects of the test's process: they run the program that the test gives. */

import { registerMaster } from "../../src/context/masters.ts";
import { asExecutor, servingRole } from "../../src/context/role.ts";
import { InProcessExecutors, type MessageSeen } from "../../src/executor/index.ts";

let program: (() => Promise<unknown>) | undefined;
let onMessage: ((message: MessageSeen) => void) | undefined;
let latest: InProcessExecutors | undefined;

/** The address of that master. */
export const inProcess = (count: number): "local" => `in-process[${count}]` as "local";

/** Says what executors run that are made from now on: it builds the graph, and starts. */
export function executorsRun(
  run: () => Promise<unknown>,
  seeing?: (message: MessageSeen) => void,
): void {
  program = run;
  onMessage = seeing;
}

/** The executors that were made last. */
export function latestExecutors(): InProcessExecutors {
  if (latest === undefined) throw new Error("no executors were made");
  return latest;
}

registerMaster("in-process", {
  loadsModule: false,
  launch: ({ count, fingerprint }) => {
    const run = program;
    if (run === undefined) throw new Error("say first what executors run");
    latest = new InProcessExecutors({
      count,
      fingerprint,
      program: (link) => asExecutor(servingRole(link), run),
      ...(onMessage === undefined ? {} : { onMessage }),
    });
    return latest;
  },
});
