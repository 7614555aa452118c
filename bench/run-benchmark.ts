/** Owns: one benchmark in its own process: five unrelated graphs first, then the benchmark; figures go to the parent. */
import { benchmarkNamed } from "./benchmarks.ts";
import { runUnrelatedGraphs } from "./engine/unrelated-graphs.ts";

const benchmark = benchmarkNamed(process.argv[2] ?? "");
await runUnrelatedGraphs();
process.send?.(await benchmark.run());
process.disconnect?.();
