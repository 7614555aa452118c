/**
 * Owns: what an executor prints, line by line: handed on with its id, and the last of it kept for errors.
 * Does not own: where lines go (the caller's `sink`).
 *
 * I1. A line without an end does not grow for ever: it is handed on in parts.
 * I2. While the sink is not ready, nothing more is read: the executor waits, not this process's memory.
 */
import type { Readable } from "node:stream";
import { StringDecoder } from "node:string_decoder";

export type OutputKind = "stdout" | "stderr";

/** Takes a line, without its end, that an executor printed; a promise is waited for before the next one. */
export type OutputSink = (
  executorId: string,
  kind: OutputKind,
  line: string,
) => void | Promise<void>;

const lineLengthMax = 16 * 1024;

/** Hands on each line of a stream; resolves when it has ended. */
export async function handOnLines(
  stream: Readable,
  take: (line: string) => void | Promise<void>,
): Promise<void> {
  const decoder = new StringDecoder("utf8");
  let begun = "";
  try {
    for await (const chunk of stream) {
      begun += decoder.write(chunk as Buffer);
      const lines = begun.split("\n");
      begun = lines.pop() ?? "";
      for (const line of lines) await take(line.replace(/\r$/, ""));
      for (; begun.length > lineLengthMax; begun = begun.slice(lineLengthMax)) {
        await take(begun.slice(0, lineLengthMax));
      }
    }
  } catch {
    // The executor was killed while it printed: what came is all there is.
  }
  begun += decoder.end();
  if (begun !== "") await take(begun);
}

/** The last lines that were printed. */
export class LastLines {
  readonly #lines: string[] = [];
  readonly #countMax = 20;
  readonly #lengthMax = 500;

  add(line: string): void {
    this.#lines.push(line.length > this.#lengthMax ? `${line.slice(0, this.#lengthMax)}...` : line);
    if (this.#lines.length > this.#countMax) this.#lines.shift();
  }

  get text(): string {
    return this.#lines.join("\n");
  }
}

/** Prints each line on this process's own output, with the executor's id before it. */
export const standardOutput: OutputSink = (executorId, kind, line) => {
  const text = `[${executorId}] ${line}\n`;
  return new Promise((resolve) => {
    // A full pipe is waited for; one that is broken calls back as well.
    if (process[kind].write(text, () => resolve())) resolve();
  });
};
