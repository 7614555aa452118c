/** Owns: how entries of a state are written by the commands about states. */
import { type KeyedEntry, keyText, toJson, valueText } from "../../inspect/index.ts";
import type { OptionDefinition } from "../command.ts";
import type { Column, JsonObject } from "../output.ts";
import { timeText } from "../text.ts";

export const operatorArgument = {
  name: "<operator>",
  does: "the uid of a stateful operator, as `state ls` shows it",
};

export const keyArgument = {
  name: "<key>",
  does: 'the key: JSON where it is that (1, ["JFK","LAX"]), else a text; a text that looks like JSON in quotes (\'"1"\')',
};

export const entryColumns: readonly Column<KeyedEntry>[] = [
  { title: "KEY", text: ({ key }) => keyText(key) },
  { title: "VALUE", text: ({ value }) => valueText(value) },
];

export const usedColumn: Column<KeyedEntry> = {
  title: "USED",
  text: ({ usedAtMs }) => timeText(usedAtMs),
};

export const entryFields = {
  key: "the key, in the notation of values",
  value: "the value, in the notation of values",
  group: "the key group, 0 to 127",
  usedAtMs: "when the key was last used, where that decides about a time-out",
};

export function entryJson({ group, key, usedAtMs, value }: KeyedEntry): JsonObject {
  return { key: toJson(key), value: toJson(value), group, usedAtMs: usedAtMs ?? null };
}

export const whereOption: OptionDefinition = {
  flags: "--where <comparison>",
  form: "list",
  does: "only entries for which it holds, as 'value.total >= 10' or 'key[0] = JFK'; operators = != < <= > >= and ~ (contains); again and again for more than one",
};

export const prefixOption: OptionDefinition = {
  flags: "--prefix <text>",
  does: "only keys that begin so",
};
