/** Owns: `millrace checkpoint state scan`. */
import {
  type EntryFilter,
  type KeyedEntry,
  newestChain,
  prefixFilter,
  scanChain,
  whereFilter,
} from "../../inspect/index.ts";
import { atOption, type Call, type CommandDefinition, directoryArgument } from "../command.ts";
import { exitCodes } from "../exit-code.ts";
import {
  entryColumns,
  entryFields,
  entryJson,
  operatorArgument,
  prefixOption,
  usedColumn,
  whereOption,
} from "./state-entries.ts";

export const stateScanCommand: CommandDefinition = {
  name: "checkpoint state scan",
  summary: "Print the keys and values of a state",
  description: [
    "Entries come as they are read, in no order that means anything, and in bounded memory. The files are verified by the time the last entry is printed; with --limit the rest of them is not looked at.",
  ],
  examples: [
    { line: "millrace checkpoint state scan ./ckpt counts --limit 20", does: "some of them" },
    {
      line: "millrace checkpoint state scan ./ckpt counts --where 'value.total >= 1000' --ndjson",
      does: "those that fit, for a program",
    },
  ],
  arguments: [directoryArgument, operatorArgument],
  options: [
    atOption,
    prefixOption,
    whereOption,
    { flags: "--limit <count>", form: "count", does: "stop after so many" },
  ],
  json: { report: "millrace/state-entry", version: 1, form: "rows", fields: entryFields },
  run: async (call) =>
    call.inspect(call.arg(0), async (directory) => {
      const filters = filtersOf(call);
      const { checkpoint } = await directory.moment(call.text("at"));
      const chain = newestChain(checkpoint, call.arg(1));
      await call.withProgress("scanning", async (progress) => {
        const slices = scanChain(directory.store, chain, { progress });
        const entries = matching(slices, filters, call.count("limit"));
        const hasTimes = checkpoint.graph.streams.some(
          ({ kind, uid }) => uid === call.arg(1) && kind === "mapWithState",
        );
        const columns = hasTimes ? [...entryColumns, usedColumn] : entryColumns;
        await call.output.rows(entries, columns, entryJson);
      });
      return exitCodes.ok;
    }),
};

/** The filters that the options ask for; all of them have to hold. */
export function filtersOf(call: Call): readonly EntryFilter[] {
  const prefix = call.text("prefix");
  return [
    ...(prefix === undefined ? [] : [prefixFilter(prefix)]),
    ...call.texts("where").map(whereFilter),
  ];
}

async function* matching(
  slices: AsyncIterable<readonly KeyedEntry[]>,
  filters: readonly EntryFilter[],
  limit = Number.POSITIVE_INFINITY,
): AsyncGenerator<KeyedEntry, void, undefined> {
  let count = 0;
  if (limit === 0) return;
  for await (const slice of slices) {
    for (const entry of slice) {
      if (!filters.every((fits) => fits(entry))) continue;
      yield entry;
      count += 1;
      if (count >= limit) return;
    }
  }
}
