export { Accumulator, type AccumulatorForm, Broadcast, summing } from "./accumulator.ts";
export { LocalBlockStore } from "./block-store.ts";
export { JobRunner } from "./job-runner.ts";
