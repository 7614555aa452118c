/**
 * Owns: whether a program that ended is started again, and after which delay: a decision, and nothing else.
 *
 * Code 1, a code of the program's own and a signal are crashes. Codes 2 to 5 say what a start would say again: what is
 * refused, missing or damaged stays so, and a driver that was superseded must not fight the one that leads.
 */
import { exitCodes } from "../exit-code.ts";
import type { Life } from "./launched-program.ts";

export interface RestartTerms {
  readonly delayMs: number;
  readonly delayMaxMs: number;
  /** Crashes in a row that are followed by a start. */
  readonly restartsMax: number;
  /** A life of this length ends the row. */
  readonly healthyMs: number;
}

/** What is done. */
export type RestartDecision =
  | { readonly kind: "end" }
  | { readonly kind: "restart"; readonly crashes: number; readonly delayMs: number }
  | { readonly kind: "give_up"; readonly crashes: number };

/** What follows the end of a life of that length, after so many crashes in a row before it. */
export function decideRestart(
  life: Pick<Life, "exitCode" | "signal">,
  { crashesBefore, ranMs }: { readonly crashesBefore: number; readonly ranMs: number },
  { delayMaxMs, delayMs, healthyMs, restartsMax }: RestartTerms,
): RestartDecision {
  const { exitCode = exitCodes.failure } = life;
  const isFinal =
    exitCode === exitCodes.ok || (exitCode >= exitCodes.usage && exitCode <= exitCodes.held);
  if (life.signal === undefined && isFinal) return { kind: "end" };
  const crashes = (ranMs >= healthyMs ? 0 : crashesBefore) + 1;
  if (crashes > restartsMax) return { kind: "give_up", crashes };
  return { kind: "restart", crashes, delayMs: Math.min(delayMaxMs, delayMs * 2 ** (crashes - 1)) };
}
