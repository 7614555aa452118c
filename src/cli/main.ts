/**
 * Owns: a run of the command line, from its words to its exit code.
 * Does not own: the commands (commands/), the process (bin/millrace.js, process-world.ts).
 *
 * I1. Data go to stdout, everything else to stderr. I2. It never throws: whatever happens becomes an exit code.
 */
import { CommanderError } from "commander";
import { Call, type CommandDefinition } from "./command.ts";
import { commandDefinitions, groupDefinitions } from "./commands/index.ts";
import { errorLines, toldError } from "./error-text.ts";
import { type ExitCode, exitCodes } from "./exit-code.ts";
import { type Format, Output } from "./output.ts";
import { buildProgram } from "./program.ts";
import type { World } from "./world.ts";

/** Runs the command of these words, those behind `millrace`; resolves with the exit code. */
export async function runCommandLine(words: readonly string[], world: World): Promise<ExitCode> {
  let exitCode: ExitCode = exitCodes.ok;
  const program = buildProgram(commandDefinitions, groupDefinitions, {
    version: world.version,
    output: {
      writeOut: (text) => void world.stdout.write(text),
      writeErr: (text) => void world.stderr.write(text),
    },
    dispatch: async (definition, args, options) => {
      exitCode = await runCommand(definition, args, options, world);
    },
  });
  try {
    await program.parseAsync([...words], { from: "user" });
    return exitCode;
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    return error.exitCode === 0 ? exitCodes.ok : exitCodes.usage;
  }
}

async function runCommand(
  definition: CommandDefinition,
  args: readonly string[],
  options: Readonly<Record<string, unknown>>,
  world: World,
): Promise<ExitCode> {
  const { report, version } = definition.json ?? { report: definition.name, version: 1 };
  const output = new Output(world, { report, version }, formatOf(options));
  try {
    return await definition.run(new Call(args, options, { output, world }));
  } catch (error) {
    const hasAt = definition.options?.some(({ flags }) => flags.startsWith("--at")) === true;
    const told = toldError(error, args[0], { canLookBack: hasAt && options["at"] === undefined });
    if (output.isJson) output.note(JSON.stringify({ error: told }));
    else for (const line of errorLines(told)) output.note(line);
    return told.exitCode as ExitCode;
  }
}

function formatOf(options: Readonly<Record<string, unknown>>): Format | undefined {
  if (options["ndjson"] === true) return "ndjson";
  return options["json"] === true ? "json" : undefined;
}
