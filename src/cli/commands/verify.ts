/** Owns: `millrace checkpoint verify`. */
import { type Finding, verifyDirectory } from "../../inspect/index.ts";
import { type CommandDefinition, directoryArgument } from "../command.ts";
import { shellWord } from "../error-text.ts";
import { exitCodes } from "../exit-code.ts";
import { asJson, type Column } from "../output.ts";

export const verifyCommand: CommandDefinition = {
  name: "checkpoint verify",
  summary: "Check every checksum and every reference; print nothing when all is well",
  description: [
    "It reads every checkpoint, every state snapshot and block that one refers to, and every segment of the logs. `damage` is what is not as it was written, or is missing, and ends with exit code 4. `torn` is the end of a log that was being written when its driver died, which a start cuts. `orphan` is what nothing leads to any more, `unknown` what is not of Millrace.",
    "Where a driver is running, what it is writing at the moment may be told as an orphan.",
  ],
  examples: [
    { line: "millrace checkpoint verify ./ckpt", does: "is everything as it was written?" },
    { line: "millrace checkpoint verify ./ckpt && echo well", does: "for a script" },
  ],
  arguments: [directoryArgument],
  json: {
    report: "millrace/findings",
    version: 1,
    form: "rows",
    fields: {
      kind: "`damage`, `torn`, `orphan` or `unknown`",
      name: "the file, by its name in the directory",
      what: "what is wrong with it, in words",
    },
  },
  run: async (call) =>
    call.inspect(call.arg(0), async (directory) => {
      const findings = await call.withProgress("verifying", (progress) =>
        verifyDirectory(directory, (_, done, total) => progress(done, total)),
      );
      // Silent when good, but for a program, which wants a list that is empty.
      if (findings.length > 0 || call.output.format === "json") {
        await call.output.rows(findings, columns, asJson);
      }
      const isDamaged = findings.some(({ kind }) => kind === "damage");
      if (isDamaged && !call.output.isJson) {
        call.output.note(`next: millrace checkpoint repair ${shellWord(call.arg(0))} --dry-run`);
      }
      return isDamaged ? exitCodes.damaged : exitCodes.ok;
    }),
};

const columns: readonly Column<Finding>[] = [
  { title: "KIND", text: ({ kind }) => kind },
  { title: "NAME", text: ({ name }) => name },
  { title: "WHAT", text: ({ what }) => what },
];
