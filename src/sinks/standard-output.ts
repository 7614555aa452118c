/**
 * Owns: printing on standard output, so that a reader who has gone is an error of the batch and not the end of the process.
 */
import { StreamError } from "../base/index.ts";

/** A stream that text is written to, as `process.stdout` is one. */
export interface TextOutput {
  write(text: string, done: (error?: Error | null) => void): boolean;
  on(event: "error", listener: (error: Error) => void): unknown;
  listeners(event: "error"): readonly unknown[];
}

/** Resolves when the text is written, so that a slow reader is waited for; rejects with `print_failed`. */
export function printOn(output: TextOutput, text: string): Promise<void> {
  // The stream tells an error twice: to the one who wrote, and as an event, which ends a process that does not listen.
  if (!output.listeners("error").includes(alreadyTold)) output.on("error", alreadyTold);
  return new Promise((resolve, reject) => {
    output.write(text, (error) => {
      if (error) reject(new StreamError("print_failed", {}, { cause: error }));
      else resolve();
    });
  });
}

function alreadyTold(): void {}
