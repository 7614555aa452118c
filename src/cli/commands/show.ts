/** Owns: `millrace checkpoint show`. */
import {
  type ApplicationReport,
  type DirectoryReport,
  keyText,
  reportApplication,
  reportDirectory,
  toJson,
} from "../../inspect/index.ts";
import { atOption, type CommandDefinition, directoryArgument } from "../command.ts";
import { exitCodes } from "../exit-code.ts";
import { asJson, type JsonObject, type Output } from "../output.ts";
import { byteText, countText, timeText } from "../text.ts";

export const showCommand: CommandDefinition = {
  name: "checkpoint show",
  summary: "Show what an application left, and what a start would do with it",
  description: [
    "It asks the same questions as a start, and prints the same answer, by its labelled case; nothing is carried out. The start that it describes is one of the same program: a changed one may be refused, or keep less.",
  ],
  examples: [
    {
      line: "millrace checkpoint show ./ckpt",
      does: "whose it is, how far it is, what a start does",
    },
    {
      line: "millrace checkpoint show ./ckpt --at 2024-05-01T12:00:00Z",
      does: "how it was at an older checkpoint",
    },
  ],
  arguments: [directoryArgument],
  options: [atOption],
  json: {
    report: "millrace/directory",
    version: 1,
    form: "one",
    fields: {
      address: "of the directory",
      epoch: "the newest life of a driver",
      driver: "who had it: `applicationName`, `host`, `pid`, `startedAtMs`",
      isStopped: "whether its last word was that it stops",
      decision:
        "what a start would find: `case`, `course` (begin, resume or refuse), `code`, `message`",
      start:
        "what a start of the same program would do: `case`, `refusal`, `replayedBatchesMs`, `recomputedBatchesMs`, `bases` (from which snapshot each state is brought forward)",
      application:
        "`name`, `id`, `configuration`, `zeroTimeMs`, `lastAllocatedMs`, `streams`, `sources`, `pendingBatches`, `completedBatches`, `snapshots`; with `--at` as of that checkpoint",
    },
  },
  run: async (call) =>
    call.inspect(call.arg(0), async (directory) => {
      const at = call.text("at");
      const report = await reportDirectory(directory);
      const application =
        at === undefined ? report.application : reportApplication(await directory.moment(at));
      const shown = { ...report, application };
      await call.output.document(jsonOf(shown), () => linesOf(shown, call.output));
      return report.decision.course === "refuse" && at === undefined
        ? exitCodes.damaged
        : exitCodes.ok;
    }),
};

function jsonOf(report: DirectoryReport): JsonObject {
  const { application } = report;
  if (application === undefined) return asJson(report);
  const sources = application.sources.map((source) => ({
    ...asJson({ ...source, state: null }),
    state: source.state === undefined ? null : toJson(source.state),
  }));
  const options = toJson(application.configuration.options);
  const configuration = { ...application.configuration, options };
  return asJson({ ...report, application: { ...application, configuration, sources } });
}

function* linesOf(report: DirectoryReport, output: Output): Generator<string> {
  const { application, decision, driver, start } = report;
  yield* section(output, "Directory", [
    ["address", report.address],
    ["epoch", String(report.epoch)],
    ["driver", driverText(report)],
    ...(driver === undefined ? [] : [["since", timeText(driver.startedAtMs)] as const]),
  ]);
  const isWell = decision.course !== "refuse";
  yield "";
  yield output.bold("A start would");
  yield `  ${output.verdict(`${decision.course}: ${decision.case}`, isWell)}`;
  if (decision.message !== undefined) yield `  ${decision.message}`;
  if (start !== undefined) {
    if (start.refusal === undefined) yield `  ${start.case}`;
    else yield `  ${output.verdict(`refused: ${start.refusal}`, false)}`;
    yield `  replay ${batchesText(start.replayedBatchesMs)}`;
    yield `  compute again, for states alone, ${batchesText(start.recomputedBatchesMs)}`;
    for (const { hasSnapshot, label, operator, versionMs } of start.bases) {
      const from = hasSnapshot ? `its snapshot of ${timeText(versionMs)}` : "nothing";
      yield `  restore ${operator} from ${from} (${label.replaceAll("_", " ")})`;
    }
  }
  if (application !== undefined) yield* applicationLines(application, output);
}

function driverText({ driver, isStopped }: DirectoryReport): string {
  const end = isStopped ? "stopped by itself" : "running, or died";
  return driver === undefined ? end : `pid ${driver.pid} on ${driver.host}, ${end}`;
}

function batchesText(timesMs: readonly number[]): string {
  const count = countText(timesMs.length, "batch", "batches");
  const [first] = timesMs;
  if (first === undefined) return count;
  if (timesMs.length === 1) return `${count}, ${timeText(first)}`;
  return `${count}, ${timeText(first)} to ${timeText(timesMs.at(-1))}`;
}

function* applicationLines(application: ApplicationReport, output: Output): Generator<string> {
  const { configuration } = application;
  yield "";
  yield* section(output, "Application", [
    ["name", application.name],
    ["id", application.id],
    ["as of", application.source === "driver" ? "the newest event" : application.source],
    ["batch interval", `${configuration.batchIntervalMs} ms`],
    ["default parallelism", String(configuration.defaultParallelism)],
    ["zero time", timeText(application.zeroTimeMs)],
    ["last batch", timeText(application.lastAllocatedMs)],
    ...Object.entries(configuration.options).map(
      ([name, value]) => [`option ${name}`, JSON.stringify(toJson(value))] as const,
    ),
  ]);
  yield "";
  yield output.bold("Streams");
  for (const { isStateful, isUidGiven, kind, role, uid } of application.streams) {
    const named = isUidGiven ? `${uid} (${kind})` : uid;
    yield `  ${role} ${named}${isStateful ? ", with a state" : ""}`;
  }
  yield "";
  yield output.bold("Sources");
  for (const {
    positions,
    state,
    stream,
    unallocatedBlocks,
    unallocatedRecords,
  } of application.sources) {
    const waiting = `${countText(unallocatedBlocks, "block")} of ${countText(unallocatedRecords, "record")} not allocated`;
    yield `  ${stream}: ${waiting}`;
    for (const { next, partition } of positions) {
      yield `    partition ${keyText(partition)}: next position ${next}`;
    }
    if (state !== undefined) yield `    ${JSON.stringify(toJson(state))}`;
  }
  yield "";
  yield output.bold("Batches");
  yield `  ${countText(application.completedBatches, "completed batch is", "completed batches are")} kept for their states`;
  yield `  ${countText(application.pendingBatches.length, "batch is", "batches are")} pending`;
  for (const { batchTimeMs, outputsDone, outputsLeft, records } of application.pendingBatches) {
    const done = outputsDone.length === 0 ? "" : `, done: ${outputsDone.join(" ")}`;
    yield `    ${timeText(batchTimeMs)}: ${countText(records, "record")}, left: ${outputsLeft.join(" ")}${done}`;
  }
  yield "";
  yield output.bold("State snapshots");
  if (application.snapshots.length === 0) yield "  none";
  for (const { baseVersionMs, bytes, entries, operator, versionMs } of application.snapshots) {
    const form = baseVersionMs === null ? "whole" : `changes since ${timeText(baseVersionMs)}`;
    yield `  ${operator} of ${timeText(versionMs)}: ${form}, ${countText(entries, "key")}, ${byteText(bytes)}`;
  }
}

function* section(
  output: Output,
  title: string,
  pairs: readonly (readonly [name: string, value: string])[],
): Generator<string> {
  yield output.bold(title);
  const width = Math.max(...pairs.map(([name]) => name.length));
  for (const [name, value] of pairs) yield `  ${name.padEnd(width)}  ${value}`;
}
