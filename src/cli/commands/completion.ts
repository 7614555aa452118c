/** Owns: `millrace completion`. */
import { StreamError } from "../../base/index.ts";
import type { CommandDefinition, GroupDefinition } from "../command.ts";
import { type CompletionPoint, completionScript, shells } from "../completion-script.ts";
import { exitCodes } from "../exit-code.ts";
import { optionsOf } from "../program.ts";

/** The command, which has to know all others. */
export function completionCommandFor(
  others: () => readonly CommandDefinition[],
  groups: () => readonly GroupDefinition[],
): CommandDefinition {
  return {
    name: "completion",
    summary: "Print a script that completes commands and options in a shell",
    examples: [
      {
        line: "millrace completion bash > ~/.local/share/bash-completion/completions/millrace",
        does: "for bash",
      },
      { line: 'millrace completion zsh > "$' + '{fpath[1]}/_millrace"', does: "for zsh" },
      {
        line: "millrace completion fish > ~/.config/fish/completions/millrace.fish",
        does: "for fish",
      },
    ],
    arguments: [{ name: "<shell>", does: shells.join(", ") }],
    run: async (call) => {
      const value = call.arg(0);
      const shell = shells.find((each) => each === value);
      if (shell === undefined) {
        const expected = shells.join(", ");
        throw new StreamError("argument_invalid", { argument: "shell", value, expected });
      }
      await call.output.text(completionScript(shell, pointsOf(others(), groups())));
      return exitCodes.ok;
    },
  };
}

function pointsOf(
  commands: readonly CommandDefinition[],
  groups: readonly GroupDefinition[],
): readonly CompletionPoint[] {
  const named = [...groups.filter(({ name }) => name !== ""), ...commands];
  const childrenOf = (path: string) =>
    named
      .filter(({ name }) => parentOf(name) === path)
      .map(({ name, summary }) => ({ word: name.split(" ").at(-1) ?? name, does: summary }));
  return [
    ...groups.map(({ name }) => ({ path: name, words: childrenOf(name), options: [help] })),
    ...commands.map((command) => ({
      path: command.name,
      words: [],
      options: [
        ...optionsOf(command).map(({ does, flags }) => ({
          word: flags.split(" ")[0] ?? flags,
          does,
        })),
        help,
      ],
    })),
  ];
}

const help = { word: "--help", does: "show the help" };

function parentOf(name: string): string {
  return name.split(" ").slice(0, -1).join(" ");
}
