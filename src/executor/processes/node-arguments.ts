/** Owns: which arguments of Node a driver hands on to its executors. */

/** A debugger's port, code of the command line, and modes that run something else than a program are of one process. */
const ofOneProcess =
  /^(--inspect|--debug|--eval|--print|--watch|--test|--check|--input-type|--interactive|-e$|-p$|-pe$|-c$|-i$)/;
const followedByValue = /^(-e|-p|-pe|--eval|--print|--watch-path|--input-type)$/;

/** The arguments without those that only one process can have. */
export function argumentsForExecutors(execArgv: readonly string[]): string[] {
  return execArgv.filter(
    (argument, index) =>
      !ofOneProcess.test(argument) && !followedByValue.test(execArgv[index - 1] ?? ""),
  );
}
