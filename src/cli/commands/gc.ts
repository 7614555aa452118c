/** Owns: `millrace checkpoint gc`. */
import { StreamError } from "../../base/index.ts";
import { reachabilityOf } from "../../inspect/index.ts";
import { type CommandDefinition, directoryArgument } from "../command.ts";
import { exitCodes } from "../exit-code.ts";
import { asJson } from "../output.ts";
import { byteText, countText } from "../text.ts";

export const gcCommand: CommandDefinition = {
  name: "checkpoint gc",
  summary: "Show what a driver would remove, as nothing leads to it any more",
  description: [
    "Only --dry-run is there: cleaning is the driver's, which knows what is being written. It removes what is listed here after its next checkpoint.",
  ],
  examples: [{ line: "millrace checkpoint gc ./ckpt --dry-run", does: "which files are garbage" }],
  arguments: [directoryArgument],
  options: [{ flags: "--dry-run", does: "only say what would be removed" }],
  json: {
    report: "millrace/garbage",
    version: 1,
    form: "rows",
    fields: { name: "the file", bytes: "as it is stored" },
  },
  run: async (call) => {
    if (!call.flag("dryRun")) {
      const expected =
        "--dry-run: what is listed is removed by a driver, after its next checkpoint";
      throw new StreamError("argument_invalid", { argument: "gc", expected });
    }
    return call.inspect(call.arg(0), async (directory) => {
      const { entries, garbage } = await reachabilityOf(directory);
      const isGarbage = new Set(garbage);
      const rows = entries
        .filter(({ name }) => isGarbage.has(name))
        .map(({ byteCount, name }) => ({ name, bytes: byteCount }));
      await call.output.rows(
        rows,
        [
          { title: "NAME", text: ({ name }) => name },
          {
            title: "BYTES",
            text: ({ bytes }) => String(bytes),
            short: ({ bytes }) => byteText(bytes),
            isNumber: true,
          },
        ],
        asJson,
      );
      const bytes = rows.reduce((sum, row) => sum + row.bytes, 0);
      call.output.note(`${countText(rows.length, "file")}, ${byteText(bytes)}`);
      return exitCodes.ok;
    });
  },
};
