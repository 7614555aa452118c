/**
 * Owns: docs/cli.md, made of the definitions of the commands.
 * Does not own: what they say (commands/), writing the file (scripts/write-cli-page.mjs).
 */
import type { CommandDefinition, OptionDefinition } from "./command.ts";
import { formatOptionDefinitions, storeOptionDefinitions } from "./command.ts";
import { commandDefinitions } from "./commands/index.ts";
import { exitCodeMeanings } from "./exit-code.ts";

/** The page, in Markdown. */
export function commandsPage(): string {
  const sections = [
    introduction,
    exitCodesSection(),
    formats,
    notation,
    sharedOptions(),
    `## Commands\n\n${commandDefinitions.map(indexLine).join("\n")}`,
    ...commandDefinitions.map(commandSection),
  ];
  return `${sections.join("\n\n")}\n`;
}

const introduction = `# The command line

\`millrace run\` runs an application. \`millrace checkpoint\`, or \`millrace ckpt\`, looks into what one keeps: in a directory
of this machine, or in a bucket. It needs neither the code of the application nor a running context, takes no lock, and may be
used while a driver runs. A command that changes something says so, and asks first.

This page is made of the commands themselves by \`npm run docs\`; a test compares it with them.`;

function exitCodesSection(): string {
  const rows = Object.entries(exitCodeMeanings).map(
    ([code, meaning]) => `| ${code} | ${meaning} |`,
  );
  return `## Exit codes\n\n| code | meaning |\n|---|---|\n${rows.join("\n")}`;
}

const formats = `## What is written where

Data go to stdout, everything else to stderr: notes, questions, errors, and a progress bar for what takes longer than a
second, where stderr is a terminal. On a terminal there are tables, which fit its width; \`NO_COLOR\` turns colours off. In a
pipe there are lines with a tab between the columns, under a line of headings; nothing is cut, times are ISO 8601 in UTC,
lengths are bytes, and a tab or a line end in a value is written as \`\\t\` or \`\\n\`.

\`--json\` writes one document, \`{"report": "millrace/checkpoints", "version": 1, "data": [...]}\`. \`--ndjson\` writes an
object per line, with \`report\` and \`version\` beside its own fields, as soon as it is known. What a report holds is told
with its command below. Names are only ever added to a report; where one changed its meaning or went, the version would be
raised. Names that end in \`Ms\` are milliseconds, times since 1970. What is not known is null. With either option an error is
a line on stderr, \`{"error": {"code", "message", "details", "help", "next", "exitCode"}}\`.`;

const notation = `## The notation of values

Keys and values of states are written as JSON, on the command line as in reports. What JSON has no form for is an object with
one name:

| value | written as |
|---|---|
| bigint | \`{"$bigint": "12"}\` |
| Date | \`{"$date": "2013-01-01T00:00:00.000Z"}\` |
| Map | \`{"$map": [["a", 1]]}\` |
| Set | \`{"$set": [1, 2]}\` |
| Uint8Array | \`{"$bytes": "<base64>"}\` |
| other binary data | \`{"$binary": {"kind": "Float64Array", "base64": "<base64>"}}\` |
| NaN, Infinity, -0 | \`{"$number": "NaN"}\` |
| undefined | \`{"$undefined": true}\` |
| an object with a name that begins with $ | \`{"$object": [["$a", 1]]}\` |

A key on the command line is JSON where it can be read as JSON, else a text: \`JFK\` is a text, \`1\` a number, \`'"1"'\` the
text 1, \`'["JFK","LAX"]'\` a key of two parts.`;

function sharedOptions(): string {
  return `## Options of all commands

Of all that report something: ${formatOptionDefinitions.map(inlineOption).join(", ")}.

Of all that open a directory:

${optionTable(storeOptionDefinitions)}

Credentials of S3 come from where the AWS tools look for them. That a directory is compressed or encrypted is seen by itself.`;
}

function inlineOption({ does, flags }: OptionDefinition): string {
  return `\`${flags}\` (${does})`;
}

function optionTable(options: readonly OptionDefinition[]): string {
  const rows = options.map(({ does, flags }) => `| \`${cell(flags)}\` | ${cell(does)} |`);
  return `| option | |\n|---|---|\n${rows.join("\n")}`;
}

function cell(text: string): string {
  return text.replaceAll("|", "\\|");
}

function indexLine({ name, summary }: CommandDefinition): string {
  return `- [\`${name}\`](#${anchorOf(name)}): ${summary}`;
}

function anchorOf(name: string): string {
  return `millrace-${name.replaceAll(" ", "-")}`;
}

const forms = {
  rows: "an array of objects",
  one: "an object",
  lines: "an object per line on stderr",
} as const;

function commandSection(definition: CommandDefinition): string {
  const {
    arguments: args,
    description = [],
    examples,
    json,
    name,
    options = [],
    summary,
  } = definition;
  const usage = ["millrace", name, ...args.map((each) => each.name), "[options]"].join(" ");
  const parts = [
    `### millrace ${name}`,
    `${summary}.`,
    ...description,
    `\`\`\`sh\n${examples.map(({ does, line }) => `# ${does}\n${line}`).join("\n\n")}\n\`\`\``,
    `\`${usage}\``,
  ];
  if (args.length > 0) {
    const rows = args.map((each) => `| \`${cell(each.name)}\` | ${cell(each.does)} |`);
    parts.push(`| argument | |\n|---|---|\n${rows.join("\n")}`);
  }
  if (options.length > 0) parts.push(optionTable(options));
  if (json !== undefined) {
    const form = forms[json.form];
    const rows = Object.entries(json.fields).map(
      ([field, holds]) => `| \`${field}\` | ${cell(holds)} |`,
    );
    parts.push(
      `As JSON \`${json.report}\`, version ${json.version}, ${form}:\n\n| field | |\n|---|---|\n${rows.join("\n")}`,
    );
  }
  return parts.join("\n\n");
}
