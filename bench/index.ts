/**
 * Owns: `npm run bench [-- --only NAME ...] [--json]`: runs the benchmarks one after the other and prints their figures. A target
 * that is missed is told, and does not change the exit code; a benchmark that fails does.
 */
import { fork } from "node:child_process";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import type { Figure } from "./benchmark.ts";
import { benchmarkNamed, benchmarks } from "./benchmarks.ts";
import { asJson, asTable, type Report } from "./report.ts";

const { values: options } = parseArgs({
  options: {
    only: { type: "string", multiple: true },
    json: { type: "boolean", default: false },
  },
});
const chosen = options.only?.map(benchmarkNamed) ?? benchmarks;
const program = fileURLToPath(new URL("run-benchmark.ts", import.meta.url));

const reports: Report[] = [];
for (const { name } of chosen) {
  console.error(`running ${name}`);
  reports.push({ benchmark: name, figures: await figuresOf(name) });
}
console.log(options.json ? asJson(reports) : asTable(reports));

/** Each has a process of its own: what one compiles or leaves on the heap does not meet the next. */
async function figuresOf(name: string): Promise<readonly Figure[]> {
  const child = fork(program, [name], { execArgv: ["--expose-gc"] });
  let figures: readonly Figure[] | undefined;
  child.on("message", (message) => {
    figures = message as readonly Figure[];
  });
  return new Promise((resolve, reject) => {
    child.on("error", reject);
    child.on("close", (code) => {
      if (figures !== undefined && code === 0) resolve(figures);
      else reject(new Error(`benchmark ${name} failed with exit code ${code}`));
    });
  });
}
