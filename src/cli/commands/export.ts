/** Owns: `millrace checkpoint export`. */
import { StreamError } from "../../base/index.ts";
import {
  type ExportedState,
  exportAvro,
  exportCsv,
  exportNdjson,
  exportRows,
  newestSnapshot,
} from "../../inspect/index.ts";
import { atOption, type Call, type CommandDefinition, directoryArgument } from "../command.ts";
import { exitCodes } from "../exit-code.ts";
import { writeExport, writeSqlite } from "../export-file.ts";
import { operatorArgument } from "./state-entries.ts";

const formats = ["avro", "ndjson", "csv", "sqlite"] as const;

type ExportFormat = (typeof formats)[number];

export const exportCommand: CommandDefinition = {
  name: "checkpoint export",
  summary: "Export a state to Avro, NDJSON, CSV or SQLite",
  description: [
    "Avro: records of `key`, `value` and `usedAtMs`. Keys, and values of the default codec, are `millrace.Value` (docs/format/values.md); values with a declared schema are of that schema. NDJSON and SQLite hold the notation of values; SQLite has one table, `state`, with `key`, `key_json`, `value_json` and `used_at_ms`. CSV has `key` and `value`, or the parts that --columns names.",
    "A file appears under its name when all of it is there and was verified; nothing is overwritten. NDJSON and CSV go to stdout where no file is named.",
  ],
  examples: [
    {
      line: "millrace checkpoint export ./ckpt counts --format avro --out counts.avro",
      does: "for any tool that reads Avro",
    },
    {
      line: "millrace checkpoint export ./ckpt delays --format csv --columns key,value.total,value.count",
      does: "for a spreadsheet",
    },
    {
      line: "millrace checkpoint export ./ckpt counts --format sqlite --out counts.db",
      does: "for questions in SQL",
    },
  ],
  arguments: [directoryArgument, operatorArgument],
  options: [
    atOption,
    {
      flags: "--format <format>",
      does: "what to make (default: by the end of the file's name)",
      choices: formats,
    },
    { flags: "--out <file>", does: "a new file" },
    { flags: "--columns <paths>", does: "of CSV: parts of key and value, with commas between" },
  ],
  run: async (call) => {
    const file = call.text("out");
    const format = formatOf(call, file);
    return call.inspect(call.arg(0), async (directory) => {
      const { checkpoint } = await directory.moment(call.text("at"));
      // So that a wrong name is told before a file is begun.
      newestSnapshot(checkpoint, call.arg(1));
      await call.withProgress("exporting", async (progress) => {
        const { store } = directory;
        const state: ExportedState = { store, checkpoint, operator: call.arg(1), progress };
        await write(call, state, format, file);
      });
      return exitCodes.ok;
    });
  },
};

async function write(
  call: Call,
  state: ExportedState,
  format: ExportFormat,
  file: string | undefined,
): Promise<void> {
  if (format === "avro" && file !== undefined) return writeExport(file, exportAvro(state));
  if (format === "sqlite" && file !== undefined) return writeSqlite(file, exportRows(state));
  const texts =
    format === "csv" ? exportCsv(state, call.text("columns")?.split(",")) : exportNdjson(state);
  if (file !== undefined) return writeExport(file, texts);
  for await (const text of texts) await call.output.text(text);
}

function formatOf(call: Call, file: string | undefined): ExportFormat {
  const asked =
    call.text("format") ??
    file
      ?.split(".")
      .at(-1)
      ?.replace(/^(db|sqlite3)$/, "sqlite");
  const format = formats.find((each) => each === asked);
  if (format === undefined) {
    const expected = `--format ${formats.join(", ")}`;
    throw new StreamError("argument_invalid", { argument: "format", value: asked, expected });
  }
  if (file === undefined && (format === "avro" || format === "sqlite")) {
    const expected = `--out: ${format} goes into a file`;
    throw new StreamError("argument_invalid", { argument: "out", expected });
  }
  return format;
}
