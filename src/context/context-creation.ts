/**
 * Owns: making a context over a checkpoint directory, so that it goes on with what is there.
 * Does not own: opening the directory (durable-directory.ts), what the context does with it.
 */
import { consoleLogger, StreamError, systemClock } from "../base/index.ts";
import { loadApplication } from "./application-module.ts";
import type { NamedDirectory } from "./context-directory.ts";
import {
  type CheckpointDirectoryOptions,
  checkDirectory,
  DurableDirectory,
} from "./durable-directory.ts";
import { addressOf, noteIn } from "./module-note.ts";
import { currentPart } from "./role.ts";

/** The function that makes the context; throws `argument_invalid` for anything else. */
export function creatingFunction<F>(create: F): F {
  if (typeof create === "function") return create;
  const expected = "a function that makes a context";
  throw new StreamError("argument_invalid", { argument: "create", expected });
}

/** How a context is made on a directory. */
export interface Creation<C> {
  readonly create: (found: DurableDirectory | undefined) => C | Promise<C>;
  readonly options: CheckpointDirectoryOptions;
}

/** What `getOrCreate` was given behind the address: `[create, options]`, or `[options]` for the application that is noted there. */
export function creationOf<C>(
  [first, second]: readonly unknown[],
  type: abstract new (...given: never[]) => C,
): Creation<C> {
  if (typeof first === "object" && first !== null) {
    return { create: (found) => createNoted(found, type), options: first };
  }
  if (first === undefined) return { create: (found) => createNoted(found, type), options: {} };
  const create = creatingFunction(first) as () => C | Promise<C>;
  return {
    create: async () => madeContext(await create(), type),
    options: second === undefined ? {} : (second as CheckpointDirectoryOptions),
  };
}

/** What the function has made; throws `argument_invalid` where it has made something else, or forgot to return it. */
function madeContext<C>(made: C, type: abstract new (...given: never[]) => C): C {
  if (made instanceof type) return made;
  const expected = `a function that returns the ${type.name} it makes`;
  throw new StreamError("argument_invalid", {
    argument: "create",
    expected,
    returned: typeof made,
  });
}

/** Makes the context by the application whose module the checkpoint notes. */
async function createNoted<C>(
  found: DurableDirectory | undefined,
  type: abstract new (...given: never[]) => C,
): Promise<C> {
  // An executor was told its module by the driver, and asks no directory.
  if (found === undefined) throw new StreamError("application_unnoted", {});
  const { address: directory, left } = found;
  if (left === undefined) throw new StreamError("checkpoint_absent", { directory });
  const note = noteIn(left.checkpoint.configuration.options);
  if (note === undefined) throw new StreamError("application_unnoted", { directory });
  const module = addressOf(note);
  const context = await (await loadApplication(module)).create();
  if (context instanceof type) return context;
  // It was made by another copy of Millrace, whose contexts cannot take over what was opened here.
  throw new StreamError("application_expected", { module });
}

/** Has a context made, and handed the directory that it goes on in; an executor leaves the directory alone. */
export async function createOn<C>(
  directory: string,
  options: CheckpointDirectoryOptions,
  create: (found: DurableDirectory | undefined) => C | Promise<C>,
  goOnIn: (context: C, opened: DurableDirectory | NamedDirectory) => void,
): Promise<C> {
  checkDirectory(directory, options);
  // What is in the directory is the driver's; an executor adds to it what it receives.
  if (currentPart().kind === "executor") {
    const context = await create(undefined);
    goOnIn(context, { address: directory, options });
    return context;
  }
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
