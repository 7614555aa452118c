/**
 * Owns: making a context over a checkpoint directory, so that it goes on with what is there.
 * Does not own: opening the directory (durable-directory.ts), what the context does with it.
 */
import { consoleLogger, StreamError, systemClock } from "../base/index.ts";
import { type CheckpointDirectoryOptions, DurableDirectory } from "./durable-directory.ts";
import { currentPart } from "./role.ts";

/** The function that makes the context; throws `argument_invalid` for anything else. */
export function creatingFunction<F>(create: F): F {
  if (typeof create === "function") return create;
  const expected = "a function that makes a context";
  throw new StreamError("argument_invalid", { argument: "create", expected });
}

/** Has a context made, and handed the directory that it goes on in; an executor leaves the directory alone. */
export async function createOn<C>(
  directory: string,
  options: CheckpointDirectoryOptions,
  create: (found: DurableDirectory | undefined) => C | Promise<C>,
  goOnIn: (context: C, opened: DurableDirectory) => void,
): Promise<C> {
  // What is in the directory is the driver's.
  if (currentPart().kind === "executor") return create(undefined);
  const tools = { clock: systemClock, logger: consoleLogger };
  const opened = await DurableDirectory.open(directory, options, tools);
  try {
    const context = await create(opened);
    goOnIn(context, opened);
    return context;
  } catch (error) {
    await opened.close();
    throw error;
  }
}
