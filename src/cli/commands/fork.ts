/** Owns: `millrace checkpoint fork`. */
import { forkDirectory } from "../../upkeep/index.ts";
import type { CommandDefinition } from "../command.ts";
import { exitCodes } from "../exit-code.ts";
import { asJson } from "../output.ts";
import { byteText, countText } from "../text.ts";

export const forkCommand: CommandDefinition = {
  name: "checkpoint fork",
  summary: "Copy what an application left into an empty place, to try other code on it",
  description: [
    "The source is not changed, and a driver may run on it: the copy is as of one moment. What no start needs is left out. Source and target may be of different kinds.",
    "The copy is the same application, with the same id. Let it write elsewhere: to a database that keeps idempotence keys its batches would count as done by the original, and the other way round.",
  ],
  examples: [
    { line: "millrace checkpoint fork ./ckpt ./ckpt-try", does: "a copy beside the original" },
    {
      line: "millrace checkpoint fork s3://bucket/app ./ckpt",
      does: "what runs in production, on this machine",
    },
  ],
  arguments: [
    { name: "<source>", does: "a checkpoint directory" },
    { name: "<target>", does: "a directory or prefix where there is nothing" },
  ],
  json: {
    report: "millrace/fork",
    version: 1,
    form: "one",
    fields: {
      source: "the address that was copied",
      target: "the address of the copy",
      files: "how many were copied",
      bytes: "of these",
      case: "what a start on the copy would find",
    },
  },
  run: async (call) =>
    call.inspect(call.arg(0), async (source) => {
      const options = await call.storeOptions();
      const report = await call.withProgress("copying", (progress) =>
        forkDirectory(source, call.arg(1), options, progress),
      );
      await call.output.document(asJson(report), () => [
        `${report.target}: ${countText(report.files, "file")}, ${byteText(report.bytes)}; a start finds: ${report.case}`,
      ]);
      if (!call.output.isJson) {
        call.output.note(
          "it is the same application: let the copy write elsewhere than the original",
        );
      }
      return exitCodes.ok;
    }),
};
