/** Owns: what a case is: the application that its module exports by default, and what its outputs were given. */
import type { Application } from "../../../src/index.ts";

export interface CaseModule {
  readonly default: Application;
  /** Filled on the driver: plain data, in order. */
  readonly outcome: unknown[];
}

/** How many batches of a second a case has. */
export const caseBatches = 4;

export const caseNames = [
  "word-count",
  "joins-and-windows",
  "bodies",
  "outputs",
  "receivers",
] as const;
export type CaseName = (typeof caseNames)[number] | "dying-executors";

export function moduleOf(name: string): URL {
  return new URL(`./${name}.ts`, import.meta.url);
}
