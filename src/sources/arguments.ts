/** Owns: the checks of arguments that several sources share. */
import { StreamError } from "../base/index.ts";

/** The value, if it is a whole number above 0; else throws `argument_invalid`. */
export function positiveCount(argument: string, value: number): number {
  if (Number.isSafeInteger(value) && value > 0) return value;
  const expected = "a whole number above 0";
  throw new StreamError("argument_invalid", { argument, value, expected });
}
