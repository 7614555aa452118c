/** Owns: `millrace checkpoint state top`. */
import {
  byteCountOf,
  newestChain,
  pathOf,
  type RankedEntry,
  Ranking,
  scanChain,
} from "../../inspect/index.ts";
import { atOption, type CommandDefinition, directoryArgument } from "../command.ts";
import { exitCodes } from "../exit-code.ts";
import type { Column } from "../output.ts";
import { countText } from "../text.ts";
import {
  entryColumns,
  entryFields,
  entryJson,
  operatorArgument,
  prefixOption,
  whereOption,
} from "./state-entries.ts";
import { filtersOf } from "./state-scan.ts";

const countDefault = 10;

export const stateTopCommand: CommandDefinition = {
  name: "checkpoint state top",
  summary: "Print the largest entries of a state",
  examples: [
    { line: "millrace checkpoint state top ./ckpt counts", does: "the values that take most room" },
    {
      line: "millrace checkpoint state top ./ckpt delays --by value.total --limit 5",
      does: "the highest totals",
    },
  ],
  arguments: [directoryArgument, operatorArgument],
  options: [
    atOption,
    {
      flags: "--by <path>",
      does: "rank by this number, as value, value.total or key[1] (default: the bytes of the value)",
    },
    { flags: "--limit <count>", form: "count", does: `so many (default: ${countDefault})` },
    prefixOption,
    whereOption,
  ],
  json: {
    report: "millrace/state-top",
    version: 1,
    form: "rows",
    fields: { ...entryFields, rank: "what it was ranked by; a bigint as text" },
  },
  run: async (call) =>
    call.inspect(call.arg(0), async (directory) => {
      const by = call.text("by");
      const rankOf = by === undefined ? byteCountOf : pathOf(by);
      const filters = filtersOf(call);
      const { checkpoint } = await directory.moment(call.text("at"));
      const chain = newestChain(checkpoint, call.arg(1));
      const ranking = new Ranking(call.count("limit") ?? countDefault);
      await call.withProgress("scanning", async (progress) => {
        for await (const slice of scanChain(directory.store, chain, { progress })) {
          for (const entry of slice) {
            if (filters.every((fits) => fits(entry))) ranking.add(entry, rankOf(entry));
          }
        }
      });
      const title = by === undefined ? "BYTES" : by.toUpperCase();
      await call.output.rows(ranking.entries(), columnsFor(title), ({ entry, rank }) => ({
        rank: typeof rank === "bigint" ? String(rank) : rank,
        ...entryJson(entry),
      }));
      if (ranking.unranked > 0) {
        const entries = countText(ranking.unranked, "entry has", "entries have");
        call.output.note(`${entries} no number there, and were left out`);
      }
      return exitCodes.ok;
    }),
};

function columnsFor(title: string): readonly Column<RankedEntry>[] {
  return [
    { title, text: ({ rank }) => String(rank), isNumber: true },
    ...entryColumns.map((column) => ({
      title: column.title,
      text: ({ entry }: RankedEntry) => column.text(entry),
    })),
  ];
}
