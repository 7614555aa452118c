/** Owns: `millrace checkpoint journal`. */
import { type Json, type NumberedEvent, toJson } from "../../inspect/index.ts";
import { type CommandDefinition, directoryArgument } from "../command.ts";
import { exitCodes } from "../exit-code.ts";
import type { Column } from "../output.ts";
import { timeText } from "../text.ts";

export const journalCommand: CommandDefinition = {
  name: "checkpoint journal",
  summary: "Print the events of the driver's journal, oldest first",
  description: [
    "Both copies are taken together, and what a later epoch has cut is left out: these are the events that a start would go by. `wal cat` prints one file as it is.",
  ],
  examples: [
    { line: "millrace checkpoint journal ./ckpt --tail 20", does: "what happened last" },
    {
      line: "millrace checkpoint journal ./ckpt --kind batch_completed --kind output_done",
      does: "which outputs were done",
    },
  ],
  arguments: [directoryArgument],
  options: [
    {
      flags: "--kind <kind>",
      form: "list",
      does: "only events of this kind; again and again for more than one",
    },
    { flags: "--batch <time>", does: "only events about this batch, in ms or ISO 8601" },
    { flags: "--tail <count>", form: "count", does: "only the last so many" },
  ],
  json: {
    report: "millrace/journal",
    version: 1,
    form: "rows",
    fields: {
      sequence: "the number of the event",
      event:
        "the event as docs/format/journal.md has it, in the notation of values; `kind` is its kind",
    },
  },
  run: async (call) =>
    call.inspect(call.arg(0), async (directory) => {
      const { journal, refusal } = await directory.observe();
      const kinds = call.texts("kind");
      const batchMs = timeOf(call.text("batch"));
      const found = journal.events.filter(
        ({ event }) =>
          (kinds.length === 0 || kinds.includes(event.kind)) &&
          (batchMs === undefined || batchOf(event) === batchMs),
      );
      const tail = call.count("tail");
      const shown = tail === undefined ? found : found.slice(Math.max(0, found.length - tail));
      await call.output.rows(shown, columns, ({ event, sequence }) => ({
        sequence,
        event: toJson(event),
      }));
      if (refusal === undefined) return exitCodes.ok;
      call.output.note(`a start would be refused: ${refusal.message}`);
      return exitCodes.damaged;
    }),
};

function timeOf(text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  return /^\d+$/.test(text) ? Number(text) : Date.parse(text);
}

function batchOf(event: NumberedEvent["event"]): number | undefined {
  return "batchTimeMs" in event ? event.batchTimeMs : undefined;
}

const columns: readonly Column<NumberedEvent>[] = [
  { title: "SEQUENCE", text: ({ sequence }) => String(sequence), isNumber: true },
  { title: "EVENT", text: ({ event }) => event.kind },
  { title: "DETAILS", text: ({ event }) => eventText(event) },
];

/** The details of an event, without its kind, as `name=value`. */
export function eventText(event: NumberedEvent["event"]): string {
  return Object.entries(event)
    .filter(([name, value]) => name !== "kind" && value !== undefined)
    .map(([name, value]) => `${name}=${detailText(name, value)}`)
    .join(" ");
}

function detailText(name: string, value: unknown): string {
  if (name.endsWith("TimeMs") || name === "atMs") return timeText(value as number);
  const json: Json = toJson(value);
  return typeof json === "string" && json !== "" && !/\s/.test(json) ? json : JSON.stringify(json);
}
