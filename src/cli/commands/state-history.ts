/** Owns: `millrace checkpoint state history`. */
import { type KeyVersion, keyHistory, keyOfText, toJson, valueText } from "../../inspect/index.ts";
import { type CommandDefinition, directoryArgument } from "../command.ts";
import { exitCodes } from "../exit-code.ts";
import type { Column } from "../output.ts";
import { countText, timeText } from "../text.ts";
import { keyArgument, operatorArgument } from "./state-entries.ts";

export const stateHistoryCommand: CommandDefinition = {
  name: "checkpoint state history",
  summary: "Show what became of a key from snapshot to snapshot",
  description: [
    "Of each state snapshot that is still there: the value of the key, whether it changed, and the batches that can have changed it, which are those since the snapshot before; their records are told as far as their allocations are still known.",
  ],
  examples: [
    {
      line: "millrace checkpoint state history ./ckpt counts JFK",
      does: "when a value came about",
    },
  ],
  arguments: [directoryArgument, operatorArgument, keyArgument],
  json: {
    report: "millrace/state-history",
    version: 1,
    form: "rows",
    fields: {
      versionMs: "the batch whose state the snapshot is",
      change: "`set`, `changed`, `unchanged`, `removed` or `absent`",
      value: 'in the notation of values; {"$undefined":true} where there is none',
      afterMs: "the version of the snapshot before; null for the first",
      batches: "the batches in between that are still known: `batchTimeMs`, `records`",
      file: "the snapshot",
    },
  },
  run: async (call) =>
    call.inspect(call.arg(0), async (directory) => {
      const key = keyOfText(call.arg(2));
      const versions = await call.withProgress("reading snapshots", (progress) =>
        keyHistory(directory, call.arg(1), key, progress),
      );
      await call.output.rows(versions, columns, (version) => ({
        versionMs: version.versionMs,
        change: version.change,
        value: toJson(version.value),
        afterMs: version.afterMs ?? null,
        batches: version.batches.map((batch) => ({ ...batch })),
        file: version.file,
      }));
      return exitCodes.ok;
    }),
};

const columns: readonly Column<KeyVersion>[] = [
  { title: "VERSION OF", text: ({ versionMs }) => timeText(versionMs) },
  { title: "CHANGE", text: ({ change }) => change },
  { title: "VALUE", text: ({ value }) => (value === undefined ? "-" : valueText(value)) },
  { title: "BY BATCHES", text: batchesText },
];

function batchesText({ afterMs, batches, change, versionMs }: KeyVersion): string {
  if (change === "unchanged" || change === "absent") return "-";
  const from =
    afterMs === undefined
      ? `up to ${timeText(versionMs)}`
      : `${timeText(afterMs)} < t <= ${timeText(versionMs)}`;
  if (batches.length === 0) return from;
  const records = batches.reduce((sum, batch) => sum + batch.records, 0);
  return `${from} (${countText(records, "record")} in ${countText(batches.length, "known batch", "known batches")})`;
}
