/**
 * Owns: that nothing is changed that nobody agreed to.
 * Does not own: what is changed.
 */
import { StreamError } from "../base/index.ts";
import type { Call, OptionDefinition } from "./command.ts";

export const yesOption: OptionDefinition = {
  flags: "--yes",
  does: "do it without asking",
};

export const dryRunOption: OptionDefinition = {
  flags: "--dry-run",
  does: "only say what would be done",
};

/** Goes on where --yes was given, or somebody at a terminal says yes. Throws `confirmation_missing`. */
export async function confirm(call: Call, question: string): Promise<void> {
  if (call.flag("yes")) return;
  const answer = await call.world.ask?.(`${question} [y/N] `);
  if (answer !== undefined && /^y(es)?$/i.test(answer.trim())) return;
  throw new StreamError("confirmation_missing", answer === undefined ? {} : { answer });
}
