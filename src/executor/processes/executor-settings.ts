/**
 * Owns: what a driver tells an executor process of who it is, in one variable of its environment.
 * Does not own: what the process does with it.
 */
import { StreamError } from "../../base/index.ts";

/** The variable that makes a process an executor; it is taken out of the environment by whoever reads it. */
export const executorVariable = "MILLRACE_EXECUTOR";

export interface ExecutorSettings {
  readonly id: string;
  /** Which of the executors it is, from 0; a replacement has the slot of the one that died. */
  readonly slot: number;
  /** What every address of the driver and the executors begins with. */
  readonly addressBase: string;
  /** The directory of the sockets, which the last who leaves a dead driver removes. */
  readonly directory?: string | undefined;
  readonly token: string;
  readonly driverPid: number;
}

export function settingsText(settings: ExecutorSettings): string {
  return JSON.stringify(settings);
}

/** The settings in a text; throws `argument_invalid` for any other text. */
export function readSettings(text: string): ExecutorSettings {
  const settings = parsed(text);
  if (isSettings(settings)) return settings;
  throw new StreamError("argument_invalid", {
    argument: executorVariable,
    expected: "what a driver has set; it is not to be set by hand",
  });
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function isSettings(value: unknown): value is ExecutorSettings {
  if (typeof value !== "object" || value === null) return false;
  const { id, slot, addressBase, directory, token, driverPid } = value as Record<string, unknown>;
  return (
    [id, addressBase, token].every((text) => typeof text === "string") &&
    Number.isInteger(slot) &&
    Number.isInteger(driverPid) &&
    (directory === undefined || typeof directory === "string")
  );
}
