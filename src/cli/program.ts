/**
 * Owns: making a program of commander out of the definitions: words, arguments, options, help, suggestions.
 * Does not own: the definitions (commands/), what a command does.
 */
import { Command, InvalidArgumentError, Option } from "commander";
import type { CommandDefinition, Example, GroupDefinition, OptionDefinition } from "./command.ts";
import { formatOptionDefinitions, storeOptionDefinitions } from "./command.ts";

/** Runs what a command line asked for. */
export type Dispatch = (
  definition: CommandDefinition,
  args: readonly string[],
  options: Readonly<Record<string, unknown>>,
) => Promise<void>;

/** What the program writes itself: help and complaints. */
export interface ProgramOutput {
  readonly writeOut: (text: string) => void;
  readonly writeErr: (text: string) => void;
}

/** The options of a command, those that all have included. */
export function optionsOf({
  arguments: args,
  json,
  options = [],
}: CommandDefinition): readonly OptionDefinition[] {
  const opensStore = args.some(({ name }) => name.startsWith("<") && addressArguments.test(name));
  return [
    ...options,
    // What goes on for as long as a program runs is no one document.
    ...(json === undefined
      ? []
      : formatOptionDefinitions.filter(
          ({ flags }) => json.form !== "lines" || flags === "--ndjson",
        )),
    ...(opensStore ? storeOptionDefinitions : []),
  ];
}

const addressArguments = /<(directory|source)>/;

/** Builds the program. */
export function buildProgram(
  definitions: readonly CommandDefinition[],
  groups: readonly GroupDefinition[],
  options: {
    readonly version: string;
    readonly output: ProgramOutput;
    readonly dispatch: Dispatch;
  },
): Command {
  const { dispatch, output, version } = options;
  const root = configured(new Command("millrace"), output)
    .description(
      "Runs Millrace applications, and looks into what they keep; to look changes nothing.",
    )
    .version(version, "-V, --version", "print the version")
    .helpCommand("help [command]", "show the help of a command");
  const commands = new Map<string, Command>([["", root]]);
  const parentOf = (name: string) => commands.get(name.split(" ").slice(0, -1).join(" ")) ?? root;
  for (const group of groups) {
    const word = group.name === "" ? "" : lastWord(group.name);
    const command =
      group.name === "" ? root : configured(parentOf(group.name).command(word), output);
    if (group.name !== "") command.description(group.summary);
    if (group.alias !== undefined) command.alias(group.alias);
    command.addHelpText("before", examplesText(group.examples));
    commands.set(group.name, command);
  }
  for (const definition of definitions) {
    const command = configured(
      parentOf(definition.name).command(lastWord(definition.name)),
      output,
    );
    command.summary(definition.summary);
    command.description([definition.summary, ...(definition.description ?? [])].join("\n\n"));
    command.addHelpText("before", examplesText(definition.examples));
    for (const { does, name } of definition.arguments) command.argument(name, does);
    for (const option of optionsOf(definition)) command.addOption(optionFor(option));
    command.action(async (...given: unknown[]) => {
      const args = given
        .slice(0, -2)
        .flat()
        .filter((each) => typeof each === "string");
      await dispatch(definition, args, command.opts());
    });
  }
  return root;
}

function configured(command: Command, { writeErr, writeOut }: ProgramOutput): Command {
  return command
    .exitOverride()
    .configureOutput({ writeOut, writeErr, outputError: (text, write) => write(text) })
    .showHelpAfterError("(add --help to see what there is)")
    .helpOption("-h, --help", "show this help");
}

function lastWord(name: string): string {
  return name.split(" ").at(-1) ?? name;
}

function examplesText(examples: readonly Example[]): string {
  const lines = examples.map(({ does, line }) => `  # ${does}\n  ${line}`);
  return `Examples:\n${lines.join("\n\n")}\n`;
}

function optionFor({ choices, does, flags, form }: OptionDefinition): Option {
  const option = new Option(flags, does);
  if (choices !== undefined) option.choices([...choices]);
  if (form === "count") option.argParser(countOf);
  if (form === "list") {
    option.argParser((text: string, before: readonly string[] | undefined) => [
      ...(before ?? []),
      text,
    ]);
  }
  return option;
}

function countOf(text: string): number {
  if (!/^\d+$/.test(text)) throw new InvalidArgumentError("It has to be a whole number from 0 on.");
  return Number(text);
}
