/** Owns: how figures are told: as a table for people, as one JSON document for machines. */
import { availableParallelism } from "node:os";
import { type Figure, isMet } from "./benchmark.ts";

export interface Report {
  readonly benchmark: string;
  readonly figures: readonly Figure[];
}

/** One document: the figures by benchmark, each with its target and whether it is met (null where it has none). */
export function asJson(reports: readonly Report[]): string {
  const document = {
    node: process.version,
    cores: availableParallelism(),
    benchmarks: reports.map(({ benchmark, figures }) => ({
      benchmark,
      figures: figures.map((figure) => ({
        ...figure,
        target: figure.target ?? null,
        met: isMet(figure) ?? null,
      })),
    })),
  };
  return JSON.stringify(document, undefined, 2);
}

/** A line per figure: the median, the quartiles, the target and whether it is met. */
export function asTable(reports: readonly Report[]): string {
  const rows = [
    ["benchmark", "figure", "median", "quartiles", "target", ""],
    ...reports.flatMap(({ benchmark, figures }) =>
      figures.map((figure) => rowOf(benchmark, figure)),
    ),
  ];
  const widths = (rows[0] ?? []).map((_, column) =>
    Math.max(...rows.map((row) => row[column]?.length ?? 0)),
  );
  const lines = rows.map((row) =>
    row
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join("  ")
      .trimEnd(),
  );
  const missed = reports.flatMap(({ figures }) => figures).filter((each) => isMet(each) === false);
  const verdict = missed.length === 0 ? "All targets are met." : `MISSED: ${missed.length}`;
  return [...lines, "", verdict].join("\n");
}

function rowOf(benchmark: string, figure: Figure): string[] {
  const { name, target, unit, value } = figure;
  const met = isMet(figure);
  return [
    benchmark,
    name,
    `${numeral(value.median)} ${unit}`,
    value.low === value.high ? "" : `${numeral(value.low)} - ${numeral(value.high)}`,
    target === undefined ? "" : targetText(target),
    met === undefined ? "" : met ? "met" : "MISSED",
  ];
}

function targetText(target: NonNullable<Figure["target"]>): string {
  return "atLeast" in target ? `at least ${target.atLeast}` : `at most ${target.atMost}`;
}

function numeral(value: number): string {
  return value >= 1000 ? value.toLocaleString("en-US") : value.toPrecision(3);
}
