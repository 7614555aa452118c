/** Owns: `millrace checkpoint du`. */
import { reachabilityOf, reportSpace, type SpaceReport } from "../../inspect/index.ts";
import { type CommandDefinition, directoryArgument } from "../command.ts";
import { exitCodes } from "../exit-code.ts";
import { asJson, type Column } from "../output.ts";
import { byteText } from "../text.ts";

export const duCommand: CommandDefinition = {
  name: "checkpoint du",
  summary: "Show how much room each part takes, and how much of it nothing leads to any more",
  examples: [{ line: "millrace checkpoint du ./ckpt", does: "what takes the room" }],
  arguments: [directoryArgument],
  json: {
    report: "millrace/space",
    version: 1,
    form: "rows",
    fields: {
      what: "the folder; of states that of an operator",
      files: "how many",
      bytes: "as they are stored",
      garbageFiles: "of which nothing leads to so many",
      garbageBytes: "the bytes of these",
    },
  },
  run: async (call) =>
    call.inspect(call.arg(0), async (directory) => {
      const rows = reportSpace(await reachabilityOf(directory));
      await call.output.rows(call.output.isJson ? rows : [...rows, totalOf(rows)], columns, asJson);
      return exitCodes.ok;
    }),
};

function totalOf(rows: readonly SpaceReport[]): SpaceReport {
  const sum = (field: "bytes" | "files" | "garbageBytes" | "garbageFiles") =>
    rows.reduce((total, row) => total + row[field], 0);
  return {
    what: "total",
    files: sum("files"),
    bytes: sum("bytes"),
    garbageFiles: sum("garbageFiles"),
    garbageBytes: sum("garbageBytes"),
  };
}

const columns: readonly Column<SpaceReport>[] = [
  { title: "WHAT", text: ({ what }) => what },
  { title: "FILES", text: ({ files }) => String(files), isNumber: true },
  {
    title: "BYTES",
    text: ({ bytes }) => String(bytes),
    short: ({ bytes }) => byteText(bytes),
    isNumber: true,
  },
  { title: "GARBAGE FILES", text: ({ garbageFiles }) => String(garbageFiles), isNumber: true },
  {
    title: "GARBAGE BYTES",
    text: ({ garbageBytes }) => String(garbageBytes),
    short: ({ garbageBytes }) => byteText(garbageBytes),
    isNumber: true,
  },
];
