/** Owns: `millrace checkpoint diff`. */
import { type Difference, diffCheckpoints, toJson, valueText } from "../../inspect/index.ts";
import { type CommandDefinition, directoryArgument } from "../command.ts";
import { exitCodes } from "../exit-code.ts";
import type { Column } from "../output.ts";

export const diffCommand: CommandDefinition = {
  name: "checkpoint diff",
  summary: "Show what is different between two checkpoints of a directory",
  description: [
    "Program, sources and batches are compared part by part, states key by key, in bounded memory. The second one may be left out: then it is the newest that there is.",
  ],
  examples: [
    {
      line: "millrace checkpoint diff ./ckpt 001357008281000-0000000001-000003 001357008284000-0000000001-000006",
      does: "what has changed from one to the other",
    },
    {
      line: "millrace checkpoint diff ./ckpt 2013-01-01T02:44:41Z --keys",
      does: "which keys have changed since a batch",
    },
  ],
  arguments: [
    directoryArgument,
    { name: "<before>", does: "a checkpoint, by name or batch time" },
    {
      name: "[after]",
      does: "another one (default: the newest, and what the journal tells since)",
    },
  ],
  options: [{ flags: "--keys", does: "tell each key of the states that is different" }],
  json: {
    report: "millrace/differences",
    version: 1,
    form: "rows",
    fields: {
      part: "`application`, `graph`, `source`, `batches` or `state`",
      name: "of what is different",
      change: "`added`, `removed` or `changed`",
      before: 'in the notation of values; {"$undefined":true} where there was none',
      after:
        "the same for the second one; of a state: keys, and how many of them were added, removed, changed",
    },
  },
  run: async (call) =>
    call.inspect(call.arg(0), async (directory) => {
      const { checkpoint: before } = await directory.moment(call.arg(1));
      const { checkpoint: after } = await directory.moment(call.args[2]);
      await call.withProgress("comparing states", async (progress) => {
        const options = { keys: call.flag("keys"), progress };
        const differences = diffCheckpoints(directory.store, before, after, options);
        await call.output.rows(differences, columns, (each) => ({
          part: each.part,
          name: each.name,
          change: each.change,
          before: toJson(each.before),
          after: toJson(each.after),
        }));
      });
      return exitCodes.ok;
    }),
};

const columns: readonly Column<Difference>[] = [
  { title: "PART", text: ({ part }) => part },
  { title: "NAME", text: ({ name }) => name },
  { title: "CHANGE", text: ({ change }) => change },
  { title: "BEFORE", text: ({ before }) => (before === undefined ? "-" : valueText(before)) },
  { title: "AFTER", text: ({ after }) => (after === undefined ? "-" : valueText(after)) },
];
