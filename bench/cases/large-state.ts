/**
 * Owns: a state in LevelDB that grows to ten times the limit of the heap: that the program lives through it, what memory it
 * takes, and what a batch takes then.
 */
import { fork } from "node:child_process";
import { fileURLToPath } from "node:url";
import { type Benchmark, once } from "../benchmark.ts";
import type { Stage } from "../engine/large-state.ts";

const timesHeapLimit = 10;
const heapMB = 32;

export const largeState: Benchmark = {
  name: "large-state",
  run: async () => {
    const stages = await grown();
    const [first, last] = [stages[0], stages.at(-1)];
    if (first === undefined || last === undefined) throw new Error("the state did not grow");
    return [
      {
        name: `state, of the limit of the heap of ${heapMB} MB`,
        unit: "x",
        value: once(last.ofHeapLimit),
        target: { atLeast: timesHeapLimit },
      },
      {
        name: "memory of the process, of that when the state was as large as the heap",
        unit: "x",
        value: once(last.memoryMB / first.memoryMB),
        target: { atMost: 1.5 },
      },
      { name: "memory of the process", unit: "MB", value: once(last.memoryMB) },
      {
        name: "batch of 2,000 keys, of that when the state was as large as the heap",
        unit: "x",
        value: once(last.batchMs / first.batchMs),
      },
      { name: "batch of 2,000 keys", unit: "ms", value: once(last.batchMs) },
    ];
  },
};

function grown(): Promise<readonly Stage[]> {
  const program = fileURLToPath(new URL("../engine/large-state.ts", import.meta.url));
  const execArgv = ["--expose-gc", `--max-old-space-size=${heapMB}`, "--max-semi-space-size=2"];
  const child = fork(program, [`${timesHeapLimit}`], { execArgv });
  let stages: readonly Stage[] | undefined;
  child.on("message", (message) => {
    stages = message as readonly Stage[];
  });
  return new Promise((resolve, reject) => {
    child.on("error", reject);
    child.on("close", (code) => {
      if (stages !== undefined && code === 0) resolve(stages);
      else reject(new Error(`the program with the large state ended with exit code ${code}`));
    });
  });
}
