/** Owns: `millrace checkpoint graph`. */
import { reportApplication } from "../../inspect/index.ts";
import { atOption, type CommandDefinition, directoryArgument } from "../command.ts";
import { exitCodes } from "../exit-code.ts";
import { drawDot, drawMermaid, drawTree } from "../graph-drawing.ts";
import { asJson } from "../output.ts";

export const graphCommand: CommandDefinition = {
  name: "checkpoint graph",
  summary: "Draw the stream graph of the program that wrote the checkpoint",
  examples: [
    {
      line: "millrace checkpoint graph ./ckpt",
      does: "as a tree, from the outputs to their inputs",
    },
    {
      line: "millrace checkpoint graph ./ckpt --mermaid > graph.mmd",
      does: "for a page in Markdown",
    },
    {
      line: "millrace checkpoint graph ./ckpt --dot | dot -Tsvg > graph.svg",
      does: "for Graphviz",
    },
  ],
  arguments: [directoryArgument],
  options: [
    atOption,
    { flags: "--mermaid", does: "as a flowchart of Mermaid" },
    { flags: "--dot", does: "as a graph of Graphviz" },
  ],
  json: {
    report: "millrace/graph",
    version: 1,
    form: "rows",
    fields: {
      uid: "of the stream",
      role: "`input`, `operator` or `output`",
      kind: "the operator",
      isUidGiven: "whether the program gave the uid; else it is derived from the lineage",
      parents: "the uids of the streams that it is made of",
      slideMs: "the time between two of its datasets",
      isStateful: "whether it has a state",
    },
  },
  run: async (call) =>
    call.inspect(call.arg(0), async (directory) => {
      const { streams } = reportApplication(await directory.moment(call.text("at")));
      if (call.flag("mermaid")) await call.output.text(drawMermaid(streams));
      else if (call.flag("dot")) await call.output.text(drawDot(streams));
      else if (call.output.isJson) await call.output.rows(streams, [], asJson);
      else await call.output.text(drawTree(streams));
      return exitCodes.ok;
    }),
};
