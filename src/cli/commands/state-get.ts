/** Owns: `millrace checkpoint state get`. */
import { keyOfText, keyText, lookUpKey, valueText } from "../../inspect/index.ts";
import { atOption, type CommandDefinition, directoryArgument } from "../command.ts";
import { exitCodes } from "../exit-code.ts";
import { timeText } from "../text.ts";
import { entryFields, entryJson, keyArgument, operatorArgument } from "./state-entries.ts";

export const stateGetCommand: CommandDefinition = {
  name: "checkpoint state get",
  summary: "Print the value of one key",
  description: [
    "The value is printed alone, so that it can be piped; the batch whose state it is goes to stderr. What is read is verified before anything is printed.",
  ],
  examples: [
    { line: "millrace checkpoint state get ./ckpt counts JFK", does: "the value of a text key" },
    {
      line: `millrace checkpoint state get ./ckpt routes '["JFK","LAX"]'`,
      does: "the value of a key of two parts",
    },
  ],
  arguments: [directoryArgument, operatorArgument, keyArgument],
  options: [atOption],
  json: {
    report: "millrace/state-entry",
    version: 1,
    form: "one",
    fields: { ...entryFields, versionMs: "the batch whose state it is" },
  },
  run: async (call) =>
    call.inspect(call.arg(0), async (directory) => {
      const { checkpoint } = await directory.moment(call.text("at"));
      const key = keyOfText(call.arg(2));
      const found = await lookUpKey(directory.store, checkpoint, call.arg(1), key);
      const { usedAtMs, value, versionMs } = found;
      await call.output.document({ ...entryJson(found), versionMs }, () => [valueText(value)]);
      if (!call.output.isJson) {
        const used = usedAtMs === undefined ? "" : `, last used ${timeText(usedAtMs)}`;
        call.output.note(`${keyText(key)} as of the batch ${timeText(versionMs)}${used}`);
      }
      return exitCodes.ok;
    }),
};
