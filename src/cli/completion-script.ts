/**
 * Owns: the scripts by which shells complete commands and options.
 * Does not own: which commands there are (commands/).
 */

export const shells = ["bash", "zsh", "fish"] as const;

export type Shell = (typeof shells)[number];

/** What may stand behind the words of a command. */
export interface CompletionPoint {
  /** `checkpoint state`; empty at the beginning. */
  readonly path: string;
  readonly words: readonly { readonly word: string; readonly does: string }[];
  readonly options: readonly { readonly word: string; readonly does: string }[];
}

/** The script for a shell. */
export function completionScript(shell: Shell, points: readonly CompletionPoint[]): string {
  switch (shell) {
    case "bash":
      return bashScript(points);
    case "zsh":
      return zshScript(points);
    case "fish":
      return fishScript(points);
  }
}

function paths(points: readonly CompletionPoint[]): string {
  return points
    .filter(({ path }) => path !== "")
    .map(({ path }) => `"${path}"`)
    .join("|");
}

function wordsOf(list: CompletionPoint["words"]): string {
  return list.map(({ word }) => word).join(" ");
}

function bashScript(points: readonly CompletionPoint[]): string {
  const cases = points.map(
    ({ options, path, words }) =>
      `    "${path}") words="${wordsOf(words)}"; options="${wordsOf(options)}" ;;`,
  );
  return `# completion of millrace for bash
_millrace() {
  local current="\${COMP_WORDS[COMP_CWORD]}" at="" word next words="" options="" i
  for ((i = 1; i < COMP_CWORD; i++)); do
    word="\${COMP_WORDS[i]}"
    if [[ $word == ckpt ]]; then word=checkpoint; fi
    next="\${at:+$at }$word"
    case "$next" in ${paths(points)}) at="$next" ;; esac
  done
  case "$at" in
${cases.join("\n")}
  esac
  if [[ $current == -* ]]; then words="$options"; fi
  COMPREPLY=($(compgen -W "$words" -- "$current"))
}
complete -o default -F _millrace millrace
`;
}

function zshScript(points: readonly CompletionPoint[]): string {
  const described = (list: CompletionPoint["words"]) =>
    list.map(({ does, word }) => `'${word}:${does.replaceAll("'", "")}'`).join(" ");
  const cases = points.map(
    ({ options, path, words }) =>
      `    "${path}") commands=(${described(words)}); options=(${described(options)}) ;;`,
  );
  return `#compdef millrace
# completion of millrace for zsh
_millrace() {
  local at="" word next i
  local -a commands options
  for ((i = 2; i < CURRENT; i++)); do
    word="\${words[i]}"
    if [[ $word == ckpt ]]; then word=checkpoint; fi
    next="\${at:+$at }$word"
    case "$next" in (${paths(points)}) at="$next" ;; esac
  done
  case "$at" in
${cases.join("\n")}
  esac
  if [[ "\${words[CURRENT]}" == -* ]]; then
    _describe 'option' options
  elif (( \${#commands} )); then
    _describe 'command' commands
  else
    _files
  fi
}
if [[ "\${funcstack[1]}" == _millrace ]]; then _millrace "$@"; else compdef _millrace millrace; fi
`;
}

function fishScript(points: readonly CompletionPoint[]): string {
  const lines = points.flatMap(({ options, path, words }) => {
    const here = `-n 'test (__millrace_at) = "${path}"'`;
    return [
      ...words.map(
        ({ does, word }) => `complete -c millrace ${here} -f -a ${word} -d '${quoted(does)}'`,
      ),
      ...options.map(
        ({ does, word }) => `complete -c millrace ${here} -l ${word.slice(2)} -d '${quoted(does)}'`,
      ),
    ];
  });
  return `# completion of millrace for fish
function __millrace_at
  set -l at
  for word in (commandline -opc)[2..-1]
    test $word = ckpt; and set word checkpoint
    set -l next (string join ' ' $at $word)
    contains -- $next ${points
      .filter(({ path }) => path !== "")
      .map(({ path }) => `'${path}'`)
      .join(" ")}; and set at $next
  end
  echo "$at"
end
${lines.join("\n")}
`;
}

function quoted(text: string): string {
  return text.replaceAll("\\", "\\\\").replaceAll("'", "\\'");
}
