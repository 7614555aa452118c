/** Owns: `millrace checkpoint state ls`. */
import { reportStates, type StateReport } from "../../inspect/index.ts";
import { atOption, type CommandDefinition, directoryArgument } from "../command.ts";
import { exitCodes } from "../exit-code.ts";
import { asJson, type Column } from "../output.ts";
import { byteText, timeText } from "../text.ts";

/** States of up to so many keys are counted without being asked. */
const countedEntriesMax = 200_000;

export const stateLsCommand: CommandDefinition = {
  name: "checkpoint state ls",
  summary: "List the states: keys, bytes, partitions, skew, version and codec of each",
  description: [
    `Keys are counted by reading the state where it has at most ${countedEntriesMax} entries; of a larger one the most that there can be is told, as ~, and no skew, unless --count asks for it.`,
    "Skew is how many times as many keys as the average the fullest partition has.",
  ],
  examples: [
    { line: "millrace checkpoint state ls ./ckpt", does: "which operators keep how much" },
    { line: "millrace checkpoint state ls ./ckpt --count", does: "count large states, too" },
  ],
  arguments: [directoryArgument],
  options: [
    atOption,
    { flags: "--count", does: "read all states, however large, to count their keys" },
  ],
  json: {
    report: "millrace/states",
    version: 1,
    form: "rows",
    fields: {
      operator: "the uid, as the other commands take it",
      kind: "of the operator",
      versionMs: "the batch whose state it is; null before the first snapshot",
      keys: "how many, or the most that there can be",
      isExact: "whether they were counted",
      bytes: "of its snapshots",
      snapshots: "how many files make the state",
      partitions: "of the operator",
      skew: "keys of the fullest partition over the average; null where they were not counted",
      keysByPartition: "the same in numbers",
      stateVersion: "of what the program keeps per key",
      codec: "`value`, `avro:<fingerprint>`, or that of a codec of the program",
      isReadable: "whether values can be shown",
    },
  },
  run: async (call) =>
    call.inspect(call.arg(0), async (directory) => {
      const { checkpoint } = await directory.moment(call.text("at"));
      const limit = call.flag("count") ? Number.POSITIVE_INFINITY : countedEntriesMax;
      const states = await call.withProgress("counting keys", (progress) =>
        reportStates(directory.store, checkpoint, { countedEntriesMax: limit, progress }),
      );
      await call.output.rows(states, columns, asJson);
      if (states.some(({ isExact }) => !isExact)) {
        call.output.note(
          "~ counts keys that were changed more than once, too; --count counts them once",
        );
      }
      return exitCodes.ok;
    }),
};

const columns: readonly Column<StateReport>[] = [
  { title: "OPERATOR", text: ({ operator }) => operator },
  { title: "VERSION OF", text: ({ versionMs }) => timeText(versionMs) },
  { title: "KEYS", text: ({ isExact, keys }) => `${isExact ? "" : "~"}${keys}`, isNumber: true },
  {
    title: "BYTES",
    text: ({ bytes }) => String(bytes),
    short: ({ bytes }) => byteText(bytes),
    isNumber: true,
  },
  { title: "FILES", text: ({ snapshots }) => String(snapshots), isNumber: true },
  { title: "PARTITIONS", text: ({ partitions }) => String(partitions), isNumber: true },
  {
    title: "SKEW",
    text: ({ skew }) => (skew === undefined ? "-" : skew.toFixed(2)),
    isNumber: true,
  },
  { title: "V", text: ({ stateVersion }) => String(stateVersion), isNumber: true },
  { title: "CODEC", text: ({ codec }) => codec },
];
